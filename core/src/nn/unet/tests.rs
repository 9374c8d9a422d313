//! What cross-attention promises of a context and of a class, and that it leaves the rest of the network where it was.

use burn::prelude::*;

use super::*;
use crate::nn::tests::{rows, stir};
use crate::nn::{Condition, Mode, one_hot};

/// Of a model that is told classes, and of one that is given a context too.
fn told_classes() -> Interface {
    Interface::new(vec![1, 8, 8], vec!["a".into(), "b".into()])
}

fn interface() -> Interface {
    Interface { context: Some(5), ..told_classes() }
}

fn small() -> UnetConfig {
    let context = Some(ContextConfig { width: 5, heads: Some(4) });
    UnetConfig {
        channels: 16,
        multipliers: vec![1, 2],
        blocks: 1,
        attention: vec![4],
        head: 16,
        embedding: 16,
        context,
        ..UnetConfig::default()
    }
}

fn stirred(config: &UnetConfig, device: &Device) -> Box<dyn Network> {
    let mut network = config.build(&interface(), &Init::new(1, device)).expect("it should fit");
    let values = stir(network.parameters(), 0.1, device);
    network.set_parameters(&values);
    network
}

fn told(context: Option<Tensor<3>>, padding: Option<Tensor<2, Bool>>, device: &Device) -> Condition {
    let class = Some(one_hot(&[Some(0), None], 2, device));
    Condition { noise: vec![0.2], class, context, padding, ..Condition::default() }
}

/// `[2, tokens, 5]`.
fn text(tokens: usize, device: &Device) -> Tensor<3> {
    rows([2 * tokens, 5], 70, device).reshape([2, tokens, 5])
}

fn out(network: &dyn Network, condition: &Condition, device: &Device) -> Tensor<2> {
    network.forward(rows([2, 64], 7, device), condition, Mode::Infer)
}

fn change(a: Tensor<2>, b: Tensor<2>) -> f32 {
    (a - b).abs().max().into_scalar::<f32>()
}

#[test]
fn the_output_depends_on_each_token_but_not_on_their_order() {
    let device = Device::flex();
    let network = stirred(&small(), &device);
    let with = |context| out(&*network, &told(Some(context), None, &device), &device);
    let context = text(3, &device);
    let order = Tensor::<1, Int>::from_ints([2, 0, 1], &device);
    assert!(change(with(context.clone()), with(context.clone().select(1, order))) < 1e-5);
    for token in 0..3 {
        let other =
            context.clone().slice_assign([0..2, token..token + 1, 0..5], text(1, &device) * 2.0 + 1.0);
        assert!(change(with(context.clone()), with(other)) > 1e-4, "token {token}");
    }
    let swapped = Tensor::cat(vec![context.clone().narrow(0, 1, 1), context.clone().narrow(0, 0, 1)], 0);
    assert!(change(with(context), with(swapped)) > 1e-4, "each row should see its own context");
}

#[test]
fn padded_tokens_are_not_seen() {
    let device = Device::flex();
    let network = stirred(&small(), &device);
    let with = |context, padding| out(&*network, &told(Some(context), padding, &device), &device);
    let context = text(3, &device);
    let padding = |ends: [[bool; 5]; 2]| Some(Tensor::<2, Bool>::from_data(ends, &device));
    let last = [false, false, false, true, true];
    let longer = |filler: f64| Tensor::cat(vec![context.clone(), text(2, &device) * filler], 1);
    let seen = with(context.clone(), None);
    for filler in [0.0, 1.0, 100.0] {
        assert!(change(with(longer(filler), padding([last, last])), seen.clone()) < 1e-5, "{filler}");
    }
    assert!(change(with(longer(1.0), None), seen.clone()) > 1e-4);
    let half = with(longer(1.0), padding([last, [true; 5]]));
    let none = out(&*network, &told(None, None, &device), &device);
    assert!(change(half.clone().narrow(0, 0, 1), seen.narrow(0, 0, 1)) < 1e-5);
    assert!(change(half.narrow(0, 1, 1), none.narrow(0, 1, 1)) < 1e-5, "padding alone is no context");
}

#[test]
fn every_parameter_learns_from_a_context() {
    let device = Device::flex().autodiff();
    let network = stirred(&small(), &device);
    let out = out(&*network, &told(Some(text(3, &device)), None, &device), &device);
    let mut gradients = (out * rows([2, 64], 101, &device)).sum().backward();
    for (named, gradient) in network.parameters().iter().zip(network.gradients(&mut gradients)) {
        assert!(gradient.abs().max().into_scalar::<f32>() > 0.0, "{}", named.path);
    }
}

#[test]
fn without_a_context_the_class_is_looked_at() {
    let device = Device::flex();
    let mut network = small().build(&told_classes(), &Init::new(1, &device)).expect("it should fit");
    // The class comes in by its token alone.
    let silent =
        network.parameters().iter().map(|named| named.path.starts_with("class.")).collect::<Vec<_>>();
    let values = stir(network.parameters(), 0.1, &device).into_iter().zip(silent);
    let values: Vec<_> =
        values.map(|(value, silent)| if silent { value.zeros_like() } else { value }).collect();
    network.set_parameters(&values);
    let plain = Condition { noise: vec![0.2], ..Condition::default() };
    let of = |class: [Option<u32>; 2]| {
        let condition = Condition { class: Some(one_hot(&class, 2, &device)), ..plain.clone() };
        out(&*network, &condition, &device)
    };
    let none = of([None; 2]);
    let (first, second) = (of([Some(0); 2]), of([Some(1); 2]));
    for (a, b) in [(&first, &second), (&first, &none), (&second, &none)] {
        assert!(change(a.clone(), b.clone()) > 1e-3);
    }
    let mixed = of([Some(0), None]);
    assert!(change(mixed.clone().narrow(0, 0, 1), first.narrow(0, 0, 1)) < 1e-5);
    assert!(change(mixed.narrow(0, 1, 1), none.clone().narrow(0, 1, 1)) < 1e-5);
    assert!(change(out(&*network, &plain, &device), none) < 1e-5, "nobody's class is no class");
}

/// A single token has the weight 1, whatever looks at it: what looks learns nothing from a class, and all else does.
#[test]
fn the_class_as_a_token_learns() {
    let device = Device::flex().autodiff();
    let mut network = small().build(&told_classes(), &Init::new(1, &device)).expect("it should fit");
    let values = stir(network.parameters(), 0.1, &device.clone().inner());
    network.set_parameters(&values);
    let out = out(&*network, &told(None, None, &device), &device);
    let mut gradients = (out * rows([2, 64], 101, &device)).sum().backward();
    for (named, gradient) in network.parameters().iter().zip(network.gradients(&mut gradients)) {
        let looks = [".context.norm.", ".context.query."].iter().any(|part| named.path.contains(part));
        let largest = gradient.abs().max().into_scalar::<f32>();
        assert_eq!(largest > 1e-6, !looks, "{}: {largest}", named.path);
    }
    let tokens = network.parameters().into_iter().filter(|named| named.path.starts_with("token."));
    assert_eq!(tokens.map(|named| named.shape).collect::<Vec<_>>(), [vec![2, 5], vec![5]]);
}

/// Weights of a network without a context fit into one with it, and it begins where that one is.
#[test]
fn a_context_adds_parameters_and_moves_none() {
    let device = Device::flex();
    let config = small();
    let build =
        |config: &UnetConfig| config.build(&interface(), &Init::new(1, &device)).expect("it should fit");
    let (with, without) = (build(&config), build(&UnetConfig { context: None, ..config.clone() }));
    let kept: Vec<_> =
        with.parameters().into_iter().filter(|named| !named.path.contains(".context.")).collect();
    let plain = without.parameters();
    assert!(kept.len() < with.parameters().len());
    assert_eq!(kept.len(), plain.len());
    for (kept, plain) in kept.iter().zip(plain) {
        assert_eq!((&kept.path, &kept.shape), (&plain.path, &plain.shape));
        assert_eq!(kept.value.to_data(), plain.value.to_data(), "{}", plain.path);
    }
}

/// Paths in the order of the weight files that exist.
#[test]
fn parameters_keep_the_paths_that_weight_files_have() {
    let config = UnetConfig { context: None, ..small() };
    let network = config.build(&interface(), &Init::new(1, &Device::flex())).expect("it should fit");
    let mut parts: Vec<String> = network
        .parameters()
        .iter()
        .map(|named| named.path.rsplit_once('.').expect("a layer and its parameter").0.to_owned())
        .collect();
    parts.dedup();
    let residual =
        |at: &str| ["norm1", "conv1", "embed", "norm2", "conv2"].map(|part| format!("{at}.residual.{part}"));
    let attention = |at: &str| ["norm", "qkv", "output"].map(|part| format!("{at}.attention.{part}"));
    let skip = |at: &str| [format!("{at}.residual.skip")];
    let mut expected: Vec<String> = ["level", "class", "embed", "input"].map(str::to_owned).to_vec();
    expected.extend(residual("down.0"));
    expected.push("down.1.resample".into());
    expected.extend(residual("down.2").into_iter().chain(skip("down.2")).chain(attention("down.2")));
    expected
        .extend(residual("middle.0").into_iter().chain(attention("middle.0")).chain(residual("middle.1")));
    for at in ["up.0", "up.1"] {
        expected.extend(residual(at).into_iter().chain(skip(at)).chain(attention(at)));
    }
    expected.push("up.1.resample".into());
    for at in ["up.2", "up.3"] {
        expected.extend(residual(at).into_iter().chain(skip(at)));
    }
    expected.extend(["norm".to_owned(), "output".to_owned()]);
    assert_eq!(parts, expected);
}

#[test]
fn what_does_not_fit_is_refused_by_the_name_of_its_field() {
    let context = |width, heads| Some(ContextConfig { width, heads });
    for (config, expected) in [
        (UnetConfig { context: context(0, None), ..small() }, "`context.width`"),
        (UnetConfig { context: context(5, Some(3)), ..small() }, "`context.heads`"),
        (UnetConfig { context: context(5, Some(0)), ..small() }, "`context.heads`"),
        (UnetConfig { attention: vec![], ..small() }, "list some of [8, 4] in `attention`"),
        (UnetConfig { attention: vec![4, 5], ..small() }, "no level has the side 5; there are: [8, 4]"),
        (UnetConfig { context: context(6, None), ..small() }, "`context.width`"),
        (UnetConfig { dropout: 1.5, ..small() }, "`dropout`"),
        (UnetConfig { multipliers: vec![1; 5], ..small() }, "divisible by 16; the data are 8x8"),
        (UnetConfig { multipliers: vec![1; 99], ..small() }, "`multipliers`"),
        (UnetConfig { groups: 7, ..small() }, "`groups`"),
        (UnetConfig { head: 0, ..small() }, "`head`"),
        (UnetConfig { patch: 0, ..small() }, "`patch`"),
    ] {
        let built = config.build(&interface(), &Init::new(1, &Device::flex()));
        let error = built.err().expect("this should be refused").to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_context_without_anything_to_look_at_is_refused() {
    let nothing = Interface::new(vec![1, 8, 8], vec![]);
    let built = |interface: &Interface| small().build(interface, &Init::new(1, &Device::flex()));
    let error = built(&nothing).err().expect("this should be refused").to_string();
    assert!(error.contains("`context`") && error.contains("leave it out"), "{error}");
    assert!(built(&Interface { context: Some(5), ..nothing }).is_ok());
}

/// Heads are those of levels with attention: others may be of any width.
#[test]
fn heads_divide_the_channels_that_they_are_of() {
    let config = UnetConfig { head: 32, context: None, ..small() };
    let built = |config: &UnetConfig| config.build(&interface(), &Init::new(1, &Device::flex()));
    assert!(built(&config).is_ok(), "16 channels without attention, 32 with it");
    let error = built(&UnetConfig { attention: vec![4, 8], ..config }).err().expect("a refusal").to_string();
    assert!(error.contains("`head`: wanted a divisor of 16 channels; this is 32"), "{error}");
}
