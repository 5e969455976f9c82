"""Kinds of data, one file each: what a task is made of besides its network and its recipe."""
