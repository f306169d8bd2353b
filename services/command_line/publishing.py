"""Commands that send agencies what became of their referrals, until they are told to end."""

from cyclopts import App

from services.command_line.publishing_webhooks import webhooks

publish = App(name="publish", help="Send agencies what became of their referrals.")
publish.command(webhooks)
