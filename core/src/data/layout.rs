//! What the names of a folder's pictures say: which part each belongs to, and which class.

use std::collections::BTreeSet;

use super::Split;
use crate::random::{Key, Purpose, name_index};

/// The endings that are taken for pictures.
pub const ENDINGS: [&str; 3] = ["png", "jpg", "jpeg"];

/// One part of a folder of pictures.
#[derive(Debug, PartialEq, Eq)]
pub struct Layout {
    /// Names of the classes, sorted, the same for both parts; empty if the pictures lie in no subfolder.
    pub classes: Vec<String>,
    /// Names of this part's pictures.
    pub pictures: Vec<String>,
    /// A class for each, or nothing.
    pub labels: Vec<u32>,
}

/// Sorts `names` out, or says why that cannot be done.
///
/// `train/` and `test/` at the top are the parts; without them a picture's name decides, by chance and for good. The
/// folder within is the class.
pub fn layout(names: &[String], split: Split, test_fraction: f64) -> Result<Layout, String> {
    let names: Vec<&str> = names.iter().map(String::as_str).filter(|name| is_picture(name)).collect();
    if names.is_empty() {
        return Err(
            "no pictures: looked for files ending in .png, .jpg or .jpeg, here and in subfolders".into()
        );
    }
    let root = root(&names);
    let parted = names.iter().any(|name| part(&name[root..]).is_some());
    let inner = |name: &str| root + if parted { name[root..].find('/').map_or(0, |at| at + 1) } else { 0 };
    let known: Vec<&str> =
        names.into_iter().filter(|name| !parted || part(&name[root..]).is_some()).collect();
    let classes = classes(known.iter().map(|name| &name[inner(name)..]))?;
    let here = |name: &&str| match part(&name[root..]) {
        Some(part) => part == split,
        None => by_chance(&name[root..], test_fraction) == split,
    };
    let pictures: Vec<String> = known.into_iter().filter(here).map(String::from).collect();
    if pictures.is_empty() {
        return Err(nothing(split, parted));
    }
    let label =
        |name: &String| class(&name[inner(name)..]).and_then(|class| classes.binary_search(&class).ok());
    let labels = pictures.iter().filter_map(label).map(|label| label as u32).collect();
    Ok(Layout { classes: classes.into_iter().map(String::from).collect(), pictures, labels })
}

/// By its ending, leaving out hidden files and what macOS adds to a zip.
fn is_picture(name: &str) -> bool {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let hidden = name.split('/').any(|part| part.starts_with('.') || part == "__MACOSX");
    !hidden && ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending))
}

/// The length of a common folder that only wraps `train/` and `test/`.
fn root(names: &[&str]) -> usize {
    let Some(end) = names[0].find('/') else { return 0 };
    let root = &names[0][..=end];
    let wraps = part(root).is_none()
        && names.iter().all(|name| name.starts_with(root))
        && names.iter().any(|name| part(&name[root.len()..]).is_some());
    if wraps { root.len() } else { 0 }
}

/// The part that a name's first folder stands for.
fn part(name: &str) -> Option<Split> {
    let first = name.split_once('/')?.0;
    [Split::Train, Split::Test].into_iter().find(|split| split.name() == first)
}

/// The part that falls to a name: the same on every machine, whatever else is in the folder.
fn by_chance(name: &str, test_fraction: f64) -> Split {
    let draw = Key::new(0, Purpose::Data, name_index(name)).stream().uniform();
    if draw < test_fraction { Split::Test } else { Split::Train }
}

/// The folder that a picture lies in, counted from the top.
fn class(name: &str) -> Option<&str> {
    name.split_once('/').map(|(class, _)| class)
}

/// All classes, sorted; either every picture has one or none has.
fn classes<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Result<Vec<&'a str>, String> {
    let classes: BTreeSet<&str> = names.clone().filter_map(class).collect();
    match names.clone().find(|name| class(name).is_none()) {
        Some(stray) if !classes.is_empty() => {
            let some = classes.first().unwrap_or(&"");
            Err(format!(
                "`{stray}` lies in no class's folder, while others do (`{some}/`); move it into one, or away"
            ))
        }
        _ => Ok(classes.into_iter().collect()),
    }
}

fn nothing(split: Split, parted: bool) -> String {
    let name = split.name();
    match (parted, split) {
        (true, _) => {
            format!("no pictures in {name}/; the folder is divided into train/ and test/, so both are needed")
        }
        (false, Split::Train) => "every picture fell to the test part; lower data.test_fraction".into(),
        (false, Split::Test) => "no picture fell to the test part; raise data.test_fraction".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str], split: Split) -> Result<Layout, String> {
        layout(&names.iter().map(ToString::to_string).collect::<Vec<_>>(), split, 0.25)
    }

    #[test]
    fn folders_at_the_top_are_the_parts_and_those_within_the_classes() {
        let names = [
            "x/test/dog/1.png",
            "x/train/ant/1.JPG",
            "x/train/ant/._1.jpg",
            "x/train/cat/sub/1.jpeg",
            "x/a.txt",
        ];
        let train = of(&names, Split::Train).unwrap();
        assert_eq!(train.classes, ["ant", "cat", "dog"]);
        assert_eq!(
            (&train.pictures[..], &train.labels[..]),
            (&["x/train/ant/1.JPG", "x/train/cat/sub/1.jpeg"].map(String::from)[..], &[0, 1][..])
        );
        let test = of(&names, Split::Test).unwrap();
        assert_eq!((test.pictures, test.labels), (vec!["x/test/dog/1.png".to_string()], vec![2]));
    }

    #[test]
    fn without_parts_each_name_falls_to_one_of_them_in_proportion() {
        let names: Vec<String> = (0..4000).map(|i| format!("{i:04}.png")).collect();
        let [train, test] = [Split::Train, Split::Test].map(|split| layout(&names, split, 0.25).unwrap());
        assert!(train.classes.is_empty() && train.labels.is_empty());
        let mut both = [train.pictures, test.pictures.clone()].concat();
        both.sort_unstable();
        assert_eq!(both, names);
        // Binomial: standard deviation sqrt(4000 x 0.25 x 0.75) = 27.
        assert!(test.pictures.len().abs_diff(1000) < 110, "{}", test.pictures.len());
    }

    #[test]
    fn what_cannot_be_sorted_out_says_why() {
        let refusal = |names: &[&str], split| of(names, split).unwrap_err();
        assert!(
            refusal(&["readme.md"], Split::Train).contains("looked for files ending in .png, .jpg or .jpeg")
        );
        assert!(refusal(&["train/a/1.png"], Split::Test).contains("no pictures in test/"));
        assert!(refusal(&["a/1.png", "b.png"], Split::Train).contains("`b.png` lies in no class's folder"));
        assert!(
            layout(&["a.png".into()], Split::Test, 0.0).unwrap_err().contains("raise data.test_fraction")
        );
    }
}
