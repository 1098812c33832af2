"""tidegauge inside other frameworks.  None of them is loaded by importing its file here."""
