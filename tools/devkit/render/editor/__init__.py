"""The editor's files under .vscode: ours in part, people's in part, merged byte by byte."""
