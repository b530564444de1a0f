"""Train the GPT on Tang quatrains that chapter 07 ships: all poets but Bai Juyi, whom the chapter fine-tunes it on.

    python benchmarks/train_07_quatrains.py

Writes data/models/quatrains_gpt.npz (the weights as float16) and data/checkpoints/quatrains_gpt.json; how the training
goes, what is recorded and how it can be ended early is told in checkpoint_training.py. The losses are in nats a
Chinese character, marks and line ends not counted; the validation part is one of 25 poems of the same poets, and there
is no test part, since what counts is the poet whom the network has not seen.
"""

from train_07_shakespeare import train

from course_utils import models, text


def main():
    recipe, data = models.QUATRAIN_RECIPES["checkpoint"], models.prepare_poems()
    poems, validation = data.others
    train(
        __doc__,
        recipe,
        len(data.vocabulary),
        len(poems) // recipe.batch_size,
        lambda steps, seed: models.poem_dataset(poems, recipe.batch_size, steps, seed),
        {"validation": lambda model: models.poem_loss(model, data, validation)},
        models.QUATRAIN_CHECKPOINT,
        ignore=text.PADDING,
    )


if __name__ == "__main__":
    main()
