from tidegauge import compare


def run(reference, current):
    compare(reference, current)
