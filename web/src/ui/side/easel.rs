//! Particles drawn from the buffers that they were computed into.

use std::sync::Arc;

use eframe::egui::{PaintCallback, PaintCallbackInfo, Rect, Shape};
use eframe::egui_wgpu::{Callback, CallbackResources, CallbackTrait, RenderState};
use kiln_kernels::plane::{self, Brush, Drawn, RenderPass};
use kiln_playground::{Easel, Frames, Look};

pub(super) struct Plane(Arc<Brush>);

impl Plane {
    /// For the window's own target.
    pub(super) fn new(state: &RenderState) -> Self {
        Self(Arc::new(Brush::new(&state.device, state.target_format)))
    }
}

impl Easel for Plane {
    fn draw(&self, rect: Rect, frames: &Frames, look: &Look) -> Option<Shape> {
        let look = plane::Look {
            frames: look.frames.map(|frame| frame as u32),
            share: look.share,
            half: look.half,
            radius: 2.0 * look.radius / rect.width(),
            wheel: look.wheel.map(|colour| colour.to_array().map(|part| f32::from(part) / 255.0)),
            opacity: look.opacity,
            ways: (look.ways.0 as u32, look.ways.1),
        };
        let drawn = self.0.ready(frames.tensor(), look)?;
        let callback = Strokes { brush: self.0.clone(), drawn };
        let callback: PaintCallback = Callback::new_paint_callback(rect, callback);
        Some(Shape::Callback(callback))
    }
}

/// One picture of them.
struct Strokes {
    brush: Arc<Brush>,
    drawn: Drawn,
}

impl CallbackTrait for Strokes {
    fn paint(&self, _info: PaintCallbackInfo, pass: &mut RenderPass<'static>, _: &CallbackResources) {
        self.brush.draw(pass, &self.drawn);
    }
}
