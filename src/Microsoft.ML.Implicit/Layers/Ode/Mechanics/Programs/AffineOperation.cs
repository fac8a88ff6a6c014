namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;

/// <summary>y = x W + b, or x Wᵀ.</summary>
/// <param name="x">x.</param>
/// <param name="y">y.</param>
/// <param name="weight">Place of W, row by row.</param>
/// <param name="bias">Place of b, or -1 without one.</param>
/// <param name="isTransposed">Whether W is transposed.</param>
internal sealed unsafe class AffineOperation(Block x, Block y, int weight, int bias, bool isTransposed) : RowOperation
{
    private readonly int _inputStride = isTransposed ? 1 : y.Width;
    private readonly int _outputStride = isTransposed ? x.Width : 1;

    public override void Evaluate(double* values, double* parameters)
    {
        for (int o = 0; o < y.Width; o++)
        {
            new Span<double>(RowLanes.At(values, y[o]), RowLanes.Count).Fill(bias < 0 ? 0 : parameters[bias + o]);
        }

        RowLanes.AddProduct(RowLanes.At(values, x.Start), x.Width, parameters + weight, _inputStride, _outputStride, RowLanes.At(values, y.Start), y.Width);
    }

    public override void Pullback(double* values, double* cotangents, double* parameters, double* gradient)
    {
        double* cotangent = RowLanes.At(cotangents, y.Start);
        RowLanes.AddOuterProduct(RowLanes.At(values, x.Start), x.Width, cotangent, y.Width, gradient + weight, _inputStride, _outputStride);
        RowLanes.AddProduct(cotangent, y.Width, parameters + weight, _outputStride, _inputStride, RowLanes.At(cotangents, x.Start), x.Width);
        for (int o = 0; bias >= 0 && o < y.Width; o++)
        {
            gradient[bias + o] += RowLanes.Sum(cotangents, y[o]);
        }
    }
}
