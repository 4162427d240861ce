__global__ void scale(float* x, float by) {
  x[threadIdx.x] *= by;
}
void launch(float* x) { scale<<<1, 32>>>(x, 2.0f); }
