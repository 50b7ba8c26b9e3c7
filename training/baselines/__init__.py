"""The methods that the paper compares with, trained and measured like ours; never shipped."""
