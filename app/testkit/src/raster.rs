//! A renderer on the processor for `egui_kittest`: no window system, no driver, the same pixels everywhere.

use egui::epaint::{ImageData, Mesh, Primitive, Vertex};
use egui::{Color32, Rect, TextureFilter, TextureId, TexturesDelta};
use image::RgbaImage;
use std::collections::HashMap;

/// Premultiplied colour channels from 0 to 1.
type Pixel = [f32; 4];

struct Texture {
    width: usize,
    height: usize,
    pixels: Vec<Color32>,
    nearest: bool,
}

/// Rasterises egui's triangles with the top-left rule in `f64`, so that neighbours never blend twice.
#[derive(Default)]
pub struct CpuRenderer {
    textures: HashMap<TextureId, Texture>,
}

impl egui_kittest::TestRenderer for CpuRenderer {
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        for (id, deltas) in delta.set.drain() {
            for change in deltas {
                let ImageData::Color(image) = &change.image;
                let [width, height] = image.size;
                let nearest = change.options.magnification == TextureFilter::Nearest;
                match change.pos {
                    None => {
                        let pixels = image.pixels.clone();
                        self.textures.insert(id, Texture { width, height, pixels, nearest });
                    }
                    Some([left, top]) => {
                        if let Some(texture) = self.textures.get_mut(&id) {
                            for (row, line) in image.pixels.chunks(width.max(1)).enumerate() {
                                let start = (top + row) * texture.width + left;
                                texture.pixels[start..start + width].copy_from_slice(line);
                            }
                        }
                    }
                }
            }
        }
        for id in delta.free.drain() {
            self.textures.remove(&id);
        }
    }

    fn render(&mut self, ctx: &egui::Context, output: &egui::FullOutput) -> Result<RgbaImage, String> {
        let scale = ctx.pixels_per_point();
        let size = ctx.content_rect().size() * scale;
        let mut canvas = Canvas::new(size.x.round() as usize, size.y.round() as usize, f64::from(scale));
        for primitive in ctx.tessellate(output.shapes.clone(), scale) {
            if let Primitive::Mesh(mesh) = &primitive.primitive
                && let Some(texture) = self.textures.get(&mesh.texture_id)
            {
                canvas.mesh(mesh, texture, primitive.clip_rect);
            }
        }
        Ok(canvas.image())
    }
}

/// Columns and rows that may be painted: `left..right`, `top..bottom`.
#[derive(Clone, Copy)]
struct Clip {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

struct Canvas {
    width: usize,
    height: usize,
    scale: f64,
    pixels: Vec<Pixel>,
}

impl Canvas {
    fn new(width: usize, height: usize, scale: f64) -> Self {
        Self { width, height, scale, pixels: vec![[0.0; 4]; width * height] }
    }

    fn mesh(&mut self, mesh: &Mesh, texture: &Texture, clip: Rect) {
        let place = |value: f32, most: usize| {
            (f64::from(value) * self.scale).round().clamp(0.0, most as f64) as usize
        };
        let clip = Clip {
            left: place(clip.min.x, self.width),
            top: place(clip.min.y, self.height),
            right: place(clip.max.x, self.width),
            bottom: place(clip.max.y, self.height),
        };
        for corners in mesh.indices.chunks_exact(3) {
            let vertices = [corners[0], corners[1], corners[2]].map(|index| mesh.vertices[index as usize]);
            self.triangle(vertices, texture, clip);
        }
    }

    fn triangle(&mut self, mut vertices: [Vertex; 3], texture: &Texture, clip: Clip) {
        let mut points = vertices.map(|v| [f64::from(v.pos.x) * self.scale, f64::from(v.pos.y) * self.scale]);
        let area = edge(points[0], points[1], points[2]);
        if area == 0.0 || !area.is_finite() {
            return;
        }
        if area < 0.0 {
            points.swap(1, 2);
            vertices.swap(1, 2);
        }
        let [a, b, c] = points;
        let colors = vertices.map(|v| channels(v.color));
        let span = |axis: usize, low: usize, high: usize| {
            let least = a[axis].min(b[axis]).min(c[axis]).floor().max(low as f64) as usize;
            let most = a[axis].max(b[axis]).max(c[axis]).ceil().max(0.0) as usize;
            least..most.min(high)
        };
        for y in span(1, clip.top, clip.bottom) {
            for x in span(0, clip.left, clip.right) {
                let centre = [x as f64 + 0.5, y as f64 + 0.5];
                let edges = [edge(b, c, centre), edge(c, a, centre), edge(a, b, centre)];
                if !(inside(edges[0], b, c) && inside(edges[1], c, a) && inside(edges[2], a, b)) {
                    continue;
                }
                let shares = edges.map(|e| (e / area.abs()) as f32);
                let mix = |values: [f32; 3]| (0..3).map(|i| shares[i] * values[i]).sum::<f32>();
                let sampled = texture.sample(mix(vertices.map(|v| v.uv.x)), mix(vertices.map(|v| v.uv.y)));
                let under = &mut self.pixels[y * self.width + x];
                let over: Pixel = std::array::from_fn(|i| sampled[i] * mix(colors.map(|color| color[i])));
                for (below, above) in under.iter_mut().zip(over) {
                    *below = above + *below * (1.0 - over[3]);
                }
            }
        }
    }

    fn image(&self) -> RgbaImage {
        let mut image = RgbaImage::new(self.width as u32, self.height as u32);
        for (pixel, out) in self.pixels.iter().zip(image.pixels_mut()) {
            out.0 = pixel.map(|channel| (channel * 255.0 + 0.5).clamp(0.0, 255.0) as u8);
        }
        image
    }
}

/// Twice the signed area of the triangle a, b, p.
fn edge(a: [f64; 2], b: [f64; 2], p: [f64; 2]) -> f64 {
    (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
}

/// Inside, or on an edge that belongs to this triangle and not to its neighbour.
fn inside(value: f64, a: [f64; 2], b: [f64; 2]) -> bool {
    let top_left = (b[1] - a[1]).abs() < f64::EPSILON && b[0] > a[0] || b[1] < a[1];
    value > 0.0 || (value == 0.0 && top_left)
}

fn channels(color: Color32) -> Pixel {
    color.to_array().map(|channel| f32::from(channel) / 255.0)
}

impl Texture {
    fn at(&self, x: i64, y: i64) -> Pixel {
        let column = x.clamp(0, self.width as i64 - 1) as usize;
        let row = y.clamp(0, self.height as i64 - 1) as usize;
        channels(self.pixels[row * self.width + column])
    }

    fn sample(&self, u: f32, v: f32) -> Pixel {
        let (x, y) = (u * self.width as f32, v * self.height as f32);
        if self.nearest {
            return self.at(x.floor() as i64, y.floor() as i64);
        }
        let (x, y) = (x - 0.5, y - 0.5);
        let (left, top) = (x.floor(), y.floor());
        let (right_share, bottom_share) = (x - left, y - top);
        let (column, row) = (left as i64, top as i64);
        let corners = [
            self.at(column, row),
            self.at(column + 1, row),
            self.at(column, row + 1),
            self.at(column + 1, row + 1),
        ];
        std::array::from_fn(|i| {
            let upper = corners[0][i] * (1.0 - right_share) + corners[1][i] * right_share;
            let lower = corners[2][i] * (1.0 - right_share) + corners[3][i] * right_share;
            upper * (1.0 - bottom_share) + lower * bottom_share
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    fn white() -> Texture {
        Texture { width: 1, height: 1, pixels: vec![Color32::WHITE], nearest: true }
    }

    #[test]
    fn two_halves_of_a_translucent_square_blend_once_everywhere() {
        let mut canvas = Canvas::new(8, 8, 1.0);
        let mut mesh = Mesh::default();
        mesh.add_colored_rect(
            Rect::from_min_max(pos2(1.0, 1.0), pos2(7.0, 7.0)),
            Color32::from_white_alpha(100),
        );
        canvas.mesh(&mesh, &white(), Rect::EVERYTHING);
        let image = canvas.image();
        for (x, y, pixel) in image.enumerate_pixels() {
            let expected = if (1..7).contains(&x) && (1..7).contains(&y) { 100 } else { 0 };
            assert_eq!(pixel.0, [expected; 4], "at {x}, {y}");
        }
    }

    #[test]
    fn nothing_is_painted_outside_the_clip() {
        let mut canvas = Canvas::new(8, 8, 1.0);
        let mut mesh = Mesh::default();
        mesh.add_colored_rect(Rect::from_min_max(pos2(0.0, 0.0), pos2(8.0, 8.0)), Color32::WHITE);
        canvas.mesh(&mesh, &white(), Rect::from_min_max(pos2(2.0, 3.0), pos2(5.0, 4.0)));
        let painted = canvas.image().pixels().filter(|pixel| pixel.0[3] > 0).count();
        assert_eq!(painted, 3);
    }

    #[test]
    fn nearest_keeps_cells_hard_and_linear_mixes() {
        let pixels = vec![Color32::BLACK, Color32::WHITE];
        let mut texture = Texture { width: 2, height: 1, pixels, nearest: true };
        assert!(
            texture.sample(0.49, 0.5)[0].abs() < 1e-6 && (texture.sample(0.51, 0.5)[0] - 1.0).abs() < 1e-6
        );
        texture.nearest = false;
        assert!((texture.sample(0.5, 0.5)[0] - 0.5).abs() < 1e-6);
    }
}
