//! Samples of tokens: as text for people, or as the numbers that their levels stand for.

use std::borrow::Cow;

use kiln::model::Card;

/// The samples as text, one after the other, each under a line of its own where there are several; `None` where they are none.
pub fn text(rows: &[f32], card: &Card) -> Option<String> {
    let vocabulary = card.vocabulary.as_ref()?;
    let texts: Vec<String> =
        rows.chunks(card.features()).map(|row| vocabulary.text(row)).collect::<Option<_>>()?;
    if let [only] = texts.as_slice() {
        return Some(only.clone());
    }
    let headed = |(i, text): (usize, String)| format!("--- {i}\n{text}");
    Some(texts.into_iter().enumerate().map(headed).collect::<Vec<_>>().join("\n"))
}

/// Whether the samples are text.
pub fn is_text(card: &Card) -> bool {
    card.vocabulary.as_ref().is_some_and(|vocabulary| vocabulary.text(&[]).is_some())
}

/// What can be drawn of the samples: levels as numbers, all else as it is.
pub fn numbers<'a>(rows: &'a [f32], card: &Card) -> Cow<'a, [f32]> {
    match card.vocabulary.as_ref().and_then(|vocabulary| vocabulary.numbers(rows)) {
        Some(numbers) => Cow::Owned(numbers),
        None => Cow::Borrowed(rows),
    }
}

/// Numbers as the model takes them: as tokens where it knows levels, all else as it is.
pub fn taken(rows: Vec<f32>, card: &Card) -> Vec<f32> {
    card.vocabulary.as_ref().and_then(|vocabulary| vocabulary.tokens(&rows)).unwrap_or(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln::data::Vocabulary;
    use kiln::nn::Interface;

    fn card(vocabulary: Option<Vocabulary>) -> Card {
        Card::new("discrete", &Interface { vocabulary, ..Interface::new(vec![2], vec![]) }, 0)
    }

    #[test]
    fn one_text_stands_alone_and_several_are_numbered() {
        let text_of = |rows: &[f32]| text(rows, &card(Some(Vocabulary::of("ab"))));
        assert_eq!(text_of(&[0.0, 1.0]).as_deref(), Some("ab"));
        assert_eq!(text_of(&[0.0, 1.0, 1.0, 0.0]).as_deref(), Some("--- 0\nab\n--- 1\nba"));
        assert_eq!(text(&[0.0, 1.0], &card(None)), None);
        assert!(is_text(&card(Some(Vocabulary::Bytes))) && !is_text(&card(None)));
    }

    #[test]
    fn levels_are_drawn_as_the_numbers_they_stand_for() {
        let levels = Vocabulary::Levels { count: 2, range: [-1.0, 1.0] };
        assert!(!is_text(&card(Some(levels.clone()))));
        assert_eq!(*numbers(&[0.0, 1.0], &card(Some(levels.clone()))), [-1.0, 1.0]);
        assert_eq!(*numbers(&[0.25, 0.5], &card(None)), [0.25, 0.5]);
        assert_eq!(taken(vec![-0.2, 1.0], &card(Some(levels))), [0.0, 1.0]);
        assert_eq!(taken(vec![-0.2, 1.0], &card(None)), [-0.2, 1.0]);
    }
}
