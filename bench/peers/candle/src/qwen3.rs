use candle_core::{DType, Device, Result, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::qwen3::{Config, Model};
use std::path::Path;

pub struct Qwen3 {
    model: Model,
    pub parameters: usize,
}

impl Qwen3 {
    pub fn load(folder: &str) -> Result<Qwen3> {
        let folder = Path::new(folder);
        let text = std::fs::read_to_string(folder.join("config.json"))?;
        let config: Config = serde_json::from_str(&text).map_err(candle_core::Error::wrap)?;
        let file = folder.join("model.safetensors");
        // Read, not mapped: what is measured must not fetch pages.
        let tensors = candle_core::safetensors::load(&file, &Device::Cpu)?;
        let parameters = tensors.values().map(|tensor| tensor.elem_count()).sum();
        let weights = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
        Ok(Qwen3 {
            model: Model::new(&config, weights)?,
            parameters,
        })
    }

    /// Vectors of length 1 of the last token; all rows must have one length.
    pub fn embed(&self, rows: &[Vec<u32>]) -> Result<Vec<Vec<f32>>> {
        let tokens = rows[0].len();
        let flat: Vec<u32> = rows.iter().flatten().copied().collect();
        let ids = Tensor::from_vec(flat, (rows.len(), tokens), &Device::Cpu)?;
        // Its cache of keys cannot be emptied from outside. A copy shares the weights, and costs microseconds.
        let hidden = self.model.clone().forward(&ids, 0)?;
        let last = hidden.narrow(1, tokens - 1, 1)?.squeeze(1)?;
        let norms = last.sqr()?.sum_keepdim(1)?.sqrt()?;
        last.broadcast_div(&norms)?.to_vec2::<f32>()
    }
}
