class Problem(Exception):
    def __init__(self, **facts): self.facts=facts
