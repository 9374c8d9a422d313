//! A module's parameters as a list: by path, flattened, in the order in which the module is walked.

use std::any::Any;

use burn::module::{ModuleMapper, ModuleVisitor, Param};
use burn::prelude::*;
use burn::tensor::Gradients;

/// One parameter.
#[derive(Clone, Debug)]
pub struct Named {
    /// Path in the module, such as `middle.0.conv1.weight`.
    pub path: String,
    /// Its shape in the module.
    pub shape: Vec<usize>,
    /// Its values, flattened, without autodiff.
    pub value: Tensor<1>,
}

/// What has parameters, its type forgotten: as a list they are all that training, averaging and saving want.
///
/// Of a module they are those that [`collect`] and [`replace`] give and take; of what is made of others, those of its parts.
pub trait Parametric: Any {
    /// What it is made of, each part under its name, in a fixed order; of a module nothing.
    fn parts(&self) -> Vec<(String, &dyn Parametric)> {
        Vec::new()
    }

    /// The same, in the same order.
    fn parts_mut(&mut self) -> Vec<&mut dyn Parametric> {
        Vec::new()
    }

    /// The parameters by path, flattened, without autodiff, in a fixed order.
    fn parameters(&self) -> Vec<Named> {
        let under = |(name, part): (String, &dyn Parametric)| named_under(&name, part.parameters());
        self.parts().into_iter().flat_map(under).collect()
    }

    /// Puts other values in the parameters' place; the order, names and shapes are those of [`Parametric::parameters`].
    fn set_parameters(&mut self, values: &[Tensor<1>]) {
        let mut rest = values;
        for part in self.parts_mut() {
            let (own, others) = rest.split_at(part.parameters().len());
            part.set_parameters(own);
            rest = others;
        }
    }

    /// The parameters' gradients, flattened, in the order of [`Parametric::parameters`]; zeros where there is none.
    fn gradients(&self, gradients: &mut Gradients) -> Vec<Tensor<1>> {
        self.parts().into_iter().flat_map(|(_, part)| part.gradients(gradients)).collect()
    }
}

impl<M: Module + 'static> Parametric for M {
    fn parameters(&self) -> Vec<Named> {
        collect(self)
    }

    fn set_parameters(&mut self, values: &[Tensor<1>]) {
        *self = replace(self.clone(), values);
    }

    fn gradients(&self, grads: &mut Gradients) -> Vec<Tensor<1>> {
        gradients(self, grads)
    }
}

/// Parameters of a part of this name: `encoder.input.weight`.
pub fn named_under(name: &str, parameters: Vec<Named>) -> Vec<Named> {
    let under = |named: Named| Named { path: format!("{name}.{}", named.path), ..named };
    parameters.into_iter().map(under).collect()
}

/// The parameters of a module.
pub fn collect<M: Module>(module: &M) -> Vec<Named> {
    let mut visitor = Collect { path: Vec::new(), found: Vec::new() };
    module.visit(&mut visitor);
    visitor.found
}

/// How many numbers a list of parameters holds.
pub fn count(parameters: &[Named]) -> usize {
    parameters.iter().map(|parameter| parameter.shape.iter().product::<usize>()).sum()
}

/// The module with other values for its parameters, in the order of [`collect`].
pub fn replace<M: Module>(module: M, values: &[Tensor<1>]) -> M {
    module.map(&mut Replace { values: values.iter() })
}

/// The gradients of a module's parameters, flattened, in the order of [`collect`]; zeros where there is none.
pub fn gradients<M: Module>(module: &M, gradients: &mut Gradients) -> Vec<Tensor<1>> {
    let mut visitor = Collected { gradients, found: Vec::new() };
    module.visit(&mut visitor);
    visitor.found
}

struct Collect {
    path: Vec<String>,
    found: Vec<Named>,
}

impl ModuleVisitor for Collect {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val().without_autodiff();
        self.found.push(Named {
            path: self.path.join("."),
            shape: value.dims().to_vec(),
            value: value.reshape([-1]),
        });
    }
}

struct Replace<'a> {
    values: std::slice::Iter<'a, Tensor<1>>,
}

impl ModuleMapper for Replace<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let value = self.values.next().expect("there should be a value for each parameter").clone();
        param.map(|old| {
            let value = value.reshape(old.dims());
            match old.gradient_checkpointing_strategy() {
                Some(strategy) => {
                    value.autodiff().with_gradient_checkpointing_strategy(strategy).require_grad()
                }
                None => value,
            }
        })
    }
}

struct Collected<'a> {
    gradients: &'a mut Gradients,
    found: Vec<Tensor<1>>,
}

impl ModuleVisitor for Collected<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val();
        let gradient = match value.grad_remove(self.gradients) {
            Some(gradient) => gradient.reshape([-1]),
            None => value.without_autodiff().zeros_like().reshape([-1]),
        };
        self.found.push(gradient);
    }
}
