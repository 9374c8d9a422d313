//! What computes, one step after the other.

use std::cell::RefCell;

use kiln_playground::{Order, Report, Works};

/// The works on a device. Orders that come while a step is under way wait for its end.
pub(crate) struct Engine {
    works: RefCell<Option<Works>>,
    orders: RefCell<Vec<Order>>,
}

impl Engine {
    pub(crate) fn new(works: Works) -> Self {
        Self { works: RefCell::new(Some(works)), orders: RefCell::default() }
    }

    /// Takes an order.
    pub(crate) fn take(&self, order: Order) {
        self.orders.borrow_mut().push(order);
    }

    /// Takes a step; nothing where there is nothing to do, or where another step is under way.
    pub(crate) async fn step(&self, now: f64) -> Option<Vec<Report>> {
        let mut works = self.works.borrow_mut().take()?;
        self.orders.take().into_iter().for_each(|order| works.take(order));
        let reports = if works.busy() { Some(works.step(now).await) } else { None };
        self.works.replace(Some(works));
        reports
    }
}
