"""The past: files of predictions or labels, sent to a server as if they had been live."""
