"""Where and when is the story set: the town, the agencies, the teams, the calendar, the words?"""
