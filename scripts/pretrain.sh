#!/usr/bin/env bash
# Trains the models in data/quickstart again: autoencoder, predictor, refiner and the network
# that judges their images. About an hour and a quarter on two cores with AVX-512; what was
# stopped goes on where it was.
set -euo pipefail
cd "$(dirname "$0")/.."
shipped=data/quickstart

step() {
  printf '\n$ swift run %s\n' "$*"
  swift run --skip-build "$@"
}

vae=runs/pretrain/vae
step flowturbo train-vae --config configs/quickstart/vae.yaml --resume
# A short second run at a lower rate, from the weights themselves rather than their average.
step flowturbo train-vae --config configs/quickstart/vae.yaml --resume \
  --initial $vae/model.safetensors --set output=$vae-finish --set training.steps=400 \
  --set training.optimizer.learningRate=3e-4 --set training.optimizer.emaDecay=0.98 \
  --set training.optimizer.schedule.warmupSteps=20
cp $vae-finish/vae.safetensors $shipped/vae.safetensors

step flowturbo train-predictor --config configs/quickstart/predictor.yaml --resume
cp runs/pretrain/predictor/predictor.safetensors $shipped/predictor.safetensors

step train-refiner --config configs/quickstart/refiner.yaml --resume \
  --set output=runs/pretrain/refiner --set data.latents=runs/pretrain/latents.h5 \
  --set data.encode.images=runs/pretrain/images --set data.encode.render.perClass=3000 \
  --set training.steps=4000 --set training.batch=32
cp runs/pretrain/refiner/refiner.safetensors $shipped/refiner.safetensors

step flowturbo train-features --config configs/quickstart/features.yaml --resume
cp runs/pretrain/features/features.safetensors $shipped/features.safetensors
ls -l $shipped
