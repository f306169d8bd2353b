"""What each command asks of a person, a function a command, named as the command is."""
