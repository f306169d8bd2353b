# Short words for those who have make; run.py is the way that needs nothing.
.PHONY: demo test
demo:
	python3 run.py demo
test:
	python3 run.py test
