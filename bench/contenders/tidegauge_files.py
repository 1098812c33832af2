import tidegauge as tg


def run(reference, current):
    tg.compare(reference, current)
