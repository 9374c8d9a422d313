//! Sweeps: `train.rate.peak=choice(1e-3, 1e-4)` stands for one run of each.

/// The runs that `overrides` ask for: the Cartesian product of their `choice(...)`, the last varying fastest.
/// Without a choice there is one run.
pub fn expand(overrides: &[String]) -> Vec<Vec<String>> {
    overrides.iter().fold(vec![Vec::new()], |runs, entry| {
        let choices = choices(entry);
        let with = |run: &Vec<String>, choice: &String| run.iter().cloned().chain([choice.clone()]).collect();
        runs.iter().flat_map(|run| choices.iter().map(move |choice| with(run, choice))).collect()
    })
}

/// What one override stands for: itself, or itself with each choice put in.
fn choices(entry: &str) -> Vec<String> {
    let parts = entry.split_once('=').and_then(|(path, value)| {
        let inside = value.trim().strip_prefix("choice(")?.strip_suffix(')')?;
        Some((path, inside))
    });
    match parts {
        Some((path, inside)) => {
            split(inside).iter().map(|choice| format!("{path}={}", choice.trim())).collect()
        }
        None => vec![entry.into()],
    }
}

/// Splits at the commas that stand in no bracket and no quotes.
fn split(text: &str) -> Vec<&str> {
    let (mut pieces, mut start, mut depth, mut quote) = (Vec::new(), 0, 0_i32, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) => quote = Some(open).filter(|&open| open != c),
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '{' | '(') => depth += 1,
            (None, ']' | '}' | ')') => depth -= 1,
            (None, ',') if depth == 0 => {
                pieces.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(&text[start..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::expand;

    fn runs(overrides: &[&str]) -> Vec<String> {
        let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
        expand(&overrides).iter().map(|run| run.join(" ")).collect()
    }

    #[test]
    fn a_sweep_is_the_cartesian_product_with_the_last_choice_fastest() {
        assert_eq!(
            runs(&["a=choice(1,2)", "b=x", "c=choice(3, 4)"]),
            ["a=1 b=x c=3", "a=1 b=x c=4", "a=2 b=x c=3", "a=2 b=x c=4"]
        );
    }

    #[test]
    fn without_a_choice_there_is_one_run() {
        assert_eq!(expand(&[]), [Vec::<String>::new()]);
        assert_eq!(runs(&["a=1", "b"]), ["a=1 b"]);
    }

    #[test]
    fn commas_in_brackets_and_quotes_do_not_separate() {
        assert_eq!(runs(&["a=choice([1,2],{b: 3, c: 4},'x,(y')"]), ["a=[1,2]", "a={b: 3, c: 4}", "a='x,(y'"]);
    }
}
