//! The way back to a network whose type was forgotten: each family is given the network that it has built.

use std::any::Any;

use super::Network;

const OWN: &str = "a family should be given the network that it has built";

/// The network as what it is.
pub(crate) fn own<N: Network>(network: &dyn Network) -> &N {
    let network: &dyn Any = network;
    network.downcast_ref().expect(OWN)
}

/// The same, to be changed.
pub(crate) fn own_mut<N: Network>(network: &mut dyn Network) -> &mut N {
    let network: &mut dyn Any = network;
    network.downcast_mut().expect(OWN)
}

/// The same, to be kept.
pub(crate) fn into_own<N: Network>(network: Box<dyn Network>) -> N {
    let network: Box<dyn Any> = network;
    *network.downcast().expect(OWN)
}
