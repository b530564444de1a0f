"""One function for each trained model of the course, a module a subject."""

from course_utils.models.bert import *
from course_utils.models.checkpoints import *
from course_utils.models.demand import *
from course_utils.models.digits import *
from course_utils.models.fine_tuning import *
from course_utils.models.language import *
from course_utils.models.phonemes import *
from course_utils.models.ratings import *
from course_utils.models.reviews import *
