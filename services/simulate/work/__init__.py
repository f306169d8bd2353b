"""What is done about each concern, from its sending to the closing of the case?"""
