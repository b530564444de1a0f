"""One function for each trained model of the course, a module a subject."""

from course_utils.models.reviews import *
