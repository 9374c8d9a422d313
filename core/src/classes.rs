//! Classes of a request: whether a model can be asked so, what it is told of each row, and how much it insists on it.
//!
//! ```text
//! f_w(x) = f(x; ∅) + w (f(x; c) − f(x; ∅))
//! ```
//!
//! Ho and Salimans 2022, Eq. 6, <https://arxiv.org/abs/2207.12598>, with `w = 1 + their w`: 1 takes the class as it is.

use burn::prelude::*;

use crate::model::{Classes, Request};
use crate::nn::one_hot;
use crate::{Error, Result};

/// What a model has learnt of classes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taught {
    /// How many it knows.
    pub(crate) classes: usize,
    /// How often they were hidden while it learnt: at 0 it has never been asked without one.
    pub(crate) label_dropout: f64,
}

/// The classes of a batch, and how much they are insisted on.
#[derive(Clone, Debug)]
pub(crate) struct Guide {
    /// One-hot, `[batch, classes]`, a row of zeros being "no class"; `None` where the model has no classes.
    pub(crate) class: Option<Tensor<2>>,
    /// `w`.
    pub(crate) scale: f64,
}

impl Guide {
    /// What a request asks for, and whether it can be asked; `own` is the model's scale, where the request names none.
    pub(crate) fn asked(request: &Request, own: f64, taught: Taught, device: &Device) -> Result<Self> {
        taught.check(&request.classes)?;
        taught.check_scale(request, own)?;
        let class = told(&request.classes, request.first, request.count, taught.classes, device);
        // With no class asked for there is nothing to be guided towards.
        let any = request.classes == Classes::Any;
        Ok(Self { class, scale: if any { 1.0 } else { request.guidance.unwrap_or(own) } })
    }

    /// Whether two answers of the network are put together.
    pub(crate) fn pairs(&self) -> bool {
        self.scale != 1.0 && self.class.is_some()
    }

    /// Evaluations of the network that an answer takes.
    pub(crate) fn evaluations(&self) -> usize {
        1 + usize::from(self.pairs())
    }

    /// `f_w`, where `f` answers for the classes that it is given.
    pub(crate) fn answer<const D: usize>(&self, f: impl Fn(Option<Tensor<2>>) -> Tensor<D>) -> Tensor<D> {
        let told = f(self.class.clone());
        match &self.class {
            Some(class) if self.pairs() => {
                let untold = f(Some(class.zeros_like()));
                untold.clone() + (told - untold) * self.scale
            }
            _ => told,
        }
    }
}

/// What a model of `known` classes is told of `rows` rows from sample `first` on; `None` where it knows none.
pub(crate) fn told(
    classes: &Classes,
    first: u64,
    rows: usize,
    known: usize,
    device: &Device,
) -> Option<Tensor<2>> {
    let class = |row: usize| match classes {
        Classes::Any => None,
        Classes::One(class) => Some(*class),
        Classes::Each => Some(((first + row as u64) % known as u64) as u32),
    };
    (known > 0).then(|| one_hot(&(0..rows).map(class).collect::<Vec<_>>(), known, device))
}

/// Refuses to guide towards nothing.
pub(crate) fn check_aim(request: &Request) -> Result<()> {
    if request.classes == Classes::Any {
        return Err(Error::argument(
            "guidance: there is no class to guide towards: ask for one, or for each in turn",
        ));
    }
    Ok(())
}

/// Refuses a scale of guidance that is none.
pub(crate) fn check_range(scale: f64) -> Result<()> {
    if (0.0..=1e3).contains(&scale) {
        return Ok(());
    }
    Err(Error::argument(format!("guidance: wanted 0 to 1000, this is {scale}")))
}

/// Refuses a class that is none of `known`.
pub(crate) fn check_known(asked: &Classes, known: usize) -> Result<()> {
    match *asked {
        Classes::Any => Ok(()),
        _ if known == 0 => Err(Error::argument("class: this model has learnt no classes; leave it out")),
        Classes::One(class) if class as usize >= known => Err(Error::argument(format!(
            "class: {class} is out of range; the classes are 0 to {}",
            known - 1
        ))),
        Classes::One(_) | Classes::Each => Ok(()),
    }
}

/// What is said to a request without a class where no answer was learnt.
pub(crate) fn wants_a_class() -> Error {
    Error::argument(
        "class: this model has only learnt with a class (`label_dropout` was 0); name one, or take each in turn",
    )
}

impl Taught {
    /// Whether it has learnt to do without a class.
    fn unconditional(self) -> bool {
        self.classes == 0 || self.label_dropout > 0.0
    }

    fn check(self, asked: &Classes) -> Result<()> {
        if *asked == Classes::Any && !self.unconditional() {
            return Err(wants_a_class());
        }
        check_known(asked, self.classes)
    }

    fn check_scale(self, request: &Request, own: f64) -> Result<()> {
        let scale = request.guidance.unwrap_or(own);
        check_range(scale)?;
        if request.insists() {
            if self.classes == 0 {
                return Err(Error::argument("guidance: this model has learnt no classes; leave it out"));
            }
            check_aim(request)?;
        }
        if !self.unconditional() && scale != 1.0 {
            return Err(Error::argument(format!(
                "guidance: it leads away from what is drawn without a class, which this model has never learnt (`label_dropout` was 0); \
                 wanted 1, this is {scale}"
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(request: &Request, own: f64, classes: usize, label_dropout: f64) -> Result<Guide> {
        Guide::asked(request, own, Taught { classes, label_dropout }, &Device::flex())
    }

    fn numbers(x: Tensor<2>) -> Vec<f32> {
        x.into_data().try_to_vec().expect("floats")
    }

    #[test]
    fn rows_have_the_class_of_their_sample_and_zeros_where_none_is_asked_for() {
        let rows = |classes| {
            let request = Request { count: 3, first: 4, classes, ..Request::default() };
            numbers(asked(&request, 2.0, 3, 0.1).expect("it can be asked").class.expect("classes"))
        };
        assert_eq!(rows(Classes::Each), [0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
        assert_eq!(rows(Classes::One(2)), [0.0, 0.0, 1.0].repeat(3));
        assert_eq!(rows(Classes::Any), [0.0; 9]);
        assert!(asked(&Request::default(), 2.0, 0, 0.1).expect("it can be asked").class.is_none());
    }

    #[test]
    fn an_answer_is_on_the_line_through_both_predictions() {
        let request = Request { count: 2, classes: Classes::One(0), ..Request::default() };
        let f = |class: Option<Tensor<2>>| class.expect("classes") * 2.0 + 1.0;
        for (scale, wanted) in [(0.0, 1.0), (1.0, 3.0), (2.5, 6.0)] {
            let guide = asked(&request, scale, 1, 0.1).expect("it can be asked");
            assert_eq!(numbers(guide.answer(f)), [wanted; 2]);
            assert_eq!(guide.evaluations(), if scale == 1.0 { 1 } else { 2 });
        }
        let any = asked(&Request { classes: Classes::Any, ..request }, 2.5, 1, 0.1).expect("it can be asked");
        assert_eq!((any.scale, any.evaluations()), (1.0, 1));
    }

    #[test]
    fn what_was_never_learnt_cannot_be_asked() {
        let request = |classes, guidance| Request { guidance, classes, ..Request::default() };
        let refused = |request: Request, known, dropout| {
            asked(&request, 1.0, known, dropout).expect_err("this should be refused").to_string()
        };
        for (said, wanted) in [
            (refused(request(Classes::Any, Some(-1.0)), 2, 0.1), "guidance: wanted 0 to 1000"),
            (refused(request(Classes::Any, Some(2.0)), 0, 0.1), "guidance: this model has learnt no classes"),
            (
                refused(request(Classes::Any, Some(2.0)), 2, 0.1),
                "guidance: there is no class to guide towards",
            ),
            (refused(request(Classes::Each, None), 0, 0.1), "class: this model has learnt no classes"),
            (refused(request(Classes::One(2), None), 2, 0.1), "the classes are 0 to 1"),
            (refused(request(Classes::Any, None), 2, 0.0), "class: this model has only learnt with a class"),
            (refused(request(Classes::One(1), Some(3.0)), 2, 0.0), "guidance: it leads away"),
        ] {
            assert!(said.contains(wanted), "wanted {wanted}: {said}");
        }
        assert!(asked(&request(Classes::One(1), None), 1.0, 2, 0.0).is_ok());
        assert!(asked(&request(Classes::One(1), None), 3.0, 2, 0.0).is_err(), "the model's own scale");
    }
}
