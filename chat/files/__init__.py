"""The files of messages: what is taken, how it is made anew, where it is kept, how it is given out."""
