"""`python -m chaoscad` is `chaoscad`."""

from chaoscad.cli.main import run

if __name__ == "__main__":
    run()
