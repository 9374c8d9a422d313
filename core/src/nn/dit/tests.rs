//! What the paper says of the transformer: how it begins, how large it is, what it cannot tell apart.

use super::*;
use crate::nn::tests::{rows, stir};
use crate::nn::{collect, count, one_hot};

const PICTURE: [usize; 3] = [1, 8, 8];

fn small(positions: Positions) -> DitConfig {
    DitConfig { hidden: 16, depth: 2, heads: 2, positions, ..DitConfig::default() }
}

fn classes(count: usize) -> Interface {
    Interface::new(PICTURE.to_vec(), vec![String::new(); count])
}

fn told(device: &Device) -> Condition {
    let class = Some(one_hot(&[Some(0), None], 2, device));
    Condition { noise: vec![-0.3, 0.4], class, ..Condition::default() }
}

fn largest<const D: usize>(x: Tensor<D>) -> f32 {
    x.abs().max().into_scalar::<f32>()
}

#[test]
fn a_fresh_network_says_zero_and_a_fresh_block_is_the_identity() {
    let device = Device::flex();
    for positions in [Positions::Sine, Positions::Rotary] {
        let dit = Dit::new(&small(positions), PICTURE, &classes(2), &Init::new(1, &device));
        let out = Network::forward(&dit, rows([2, 64], 1, &device), &told(&device), Mode::Infer);
        assert_eq!(largest(out), 0.0);
        let x = rows([2 * 16, 16], 2, &device).reshape([2, 16, 16]);
        let e = dit.embed.forward(&told(&device), &device);
        assert!(largest(e.clone()) > 0.01, "the embedding should say something");
        let out = dit.blocks[0].forward(x.clone(), &e, dit.rotary.as_ref(), Mode::Infer);
        assert_eq!(out.into_data(), x.into_data());
    }
}

/// The last layer's zeros keep gradients from everything before it, at first.
#[test]
fn at_first_only_the_last_layer_learns() {
    let device = Device::flex().autodiff();
    let dit = Dit::new(&small(Positions::Sine), PICTURE, &classes(2), &Init::new(1, &device));
    let out = Network::forward(&dit, rows([2, 64], 1, &device), &told(&device), Mode::Infer);
    let mut gradients = (out * rows([2, 64], 3, &device)).sum().backward();
    let gradients = crate::nn::gradients(&dit, &mut gradients);
    for (named, gradient) in collect(&dit).iter().zip(gradients) {
        assert_eq!(largest(gradient) > 0.0, named.path.starts_with("output"), "{}", named.path);
    }
}

fn stirred_block(device: &Device) -> Block {
    let mut block = Block::new(&small(Positions::Sine), 0, &Init::new(1, device));
    let values = stir(collect(&block), 0.2, device);
    block = crate::nn::replace(block, &values);
    block
}

#[test]
fn a_block_commutes_with_every_order_of_its_tokens_unless_they_are_told_where_they_stand() {
    let device = Device::flex();
    let block = stirred_block(&device);
    let e = rows([2, 16], 8, &device);
    let x = rows([2 * 6, 16], 9, &device).reshape([2, 6, 16]);
    let order = Tensor::<1, Int>::from_ints([3, 0, 5, 1, 4, 2], &device);
    let permuted = |x: Tensor<3>| x.select(1, order.clone());
    let rotary = Rotary::new([2, 3], 8, &device);
    let difference = |rotary: Option<&Rotary>| {
        let out = |x: Tensor<3>| block.forward(x, &e, rotary, Mode::Infer);
        largest(out(permuted(x.clone())) - permuted(out(x.clone())))
    };
    assert!(difference(None) < 1e-4, "{}", difference(None));
    assert!(difference(Some(&rotary)) > 1e-3, "{}", difference(Some(&rotary)));
}

/// Trainable numbers by the paper's own layers: embeddings of level, class (with one for "none") and patches, blocks, last layer.
fn formula(hidden: usize, depth: usize, values: usize, outputs: usize, classes: usize) -> usize {
    let linear = |inputs: usize, outputs: usize| (inputs + 1) * outputs;
    let block = linear(hidden, 3 * hidden)
        + linear(hidden, hidden)
        + linear(hidden, 4 * hidden)
        + linear(4 * hidden, hidden)
        + linear(hidden, 6 * hidden);
    linear(256, hidden)
        + linear(hidden, hidden)
        + (classes + 1) * hidden
        + linear(values, hidden)
        + depth * block
        + linear(hidden, 2 * hidden)
        + linear(hidden, outputs)
}

#[test]
fn it_has_as_many_parameters_as_the_papers() {
    // DiT-S/2 and DiT-XL/2 on latents of 4 channels, with learnt variances: Table 4 of the paper, in millions.
    assert_eq!((formula(384, 12, 16, 32, 1000) as f64 / 1e6).round(), 33.0);
    assert_eq!((formula(1152, 28, 16, 32, 1000) as f64 / 1e6).round(), 675.0);
    let config = DitConfig { hidden: 48, depth: 3, heads: 4, ..DitConfig::default() };
    for positions in [Positions::Sine, Positions::Rotary] {
        let config = DitConfig { positions, ..config.clone() };
        let dit = Dit::new(&config, [4, 8, 8], &classes(10), &Init::new(1, &Device::flex()));
        assert_eq!(count(&collect(&dit)), formula(48, 3, 16, 16, 10));
    }
}

#[test]
fn what_does_not_divide_is_refused_by_the_name_of_its_field() {
    let sound = small(Positions::Rotary);
    let refused = |config: DitConfig, shape: &[usize]| {
        let interface = Interface::new(shape.to_vec(), vec![]);
        let built = config.build(&interface, &Init::new(1, &Device::flex()));
        built.err().expect("this should be refused").to_string()
    };
    for (config, field) in [
        (DitConfig { patch: 3, ..sound.clone() }, "`patch`"),
        (DitConfig { patch: 0, ..sound.clone() }, "`patch`"),
        (DitConfig { heads: 3, ..sound.clone() }, "`hidden`"),
        (DitConfig { heads: 0, ..sound.clone() }, "`heads`"),
        (DitConfig { heads: 8, ..sound.clone() }, "`hidden`"),
        (DitConfig { hidden: 18, positions: Positions::Sine, ..sound.clone() }, "`hidden`"),
        (DitConfig { depth: 0, ..sound.clone() }, "`depth`"),
        (DitConfig { mlp_ratio: -1.0, ..sound.clone() }, "`mlp_ratio`"),
        (DitConfig { dropout: 1.0, ..sound.clone() }, "`dropout`"),
    ] {
        let error = refused(config, &PICTURE);
        assert!(error.contains(field), "{error}");
    }
    assert!(refused(sound, &[2]).contains("pictures"));
}

#[test]
fn dropout_draws_from_the_key_and_only_while_training() {
    let device = Device::flex();
    let config = DitConfig { dropout: 0.5, ..small(Positions::Sine) };
    let dit = Dit::new(&config, PICTURE, &classes(2), &Init::new(1, &device));
    let dit = crate::nn::replace(dit.clone(), &stir(collect(&dit), 0.1, &device));
    let out = |mode| Network::forward(&dit, rows([2, 64], 1, &device), &told(&device), mode);
    let train = |index| Mode::Train(crate::random::Key::new(1, crate::random::Purpose::Dropout, index));
    assert_eq!(out(train(0)).into_data(), out(train(0)).into_data());
    assert!(largest(out(train(0)) - out(train(2))) > 1e-4);
    assert!(largest(out(train(0)) - out(Mode::Infer)) > 1e-4);
}
