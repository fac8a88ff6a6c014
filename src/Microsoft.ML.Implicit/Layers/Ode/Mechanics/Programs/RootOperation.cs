using System.Runtime.Intrinsics;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;

/// <summary>The square root of a value and its reciprocal.</summary>
internal sealed unsafe class RootOperation(int square, int root, int reciprocal) : RowOperation
{
    public override void Evaluate(double* values, double* parameters)
    {
        for (int v = 0; v < RowLanes.Vectors; v++)
        {
            Vector256<double> length = Vector256.Sqrt(RowLanes.Load(values, square, v));
            Vector256.Store(length, RowLanes.At(values, root, v));
            Vector256.Store(Vector256<double>.One / length, RowLanes.At(values, reciprocal, v));
        }
    }

    // d√s = ds / (2√s), d(1/√s) = -ds / (2√s³).
    public override void Pullback(double* values, double* cotangents, double* parameters, double* gradient)
    {
        for (int v = 0; v < RowLanes.Vectors; v++)
        {
            Vector256<double> inverse = RowLanes.Load(values, reciprocal, v);
            Vector256<double> sum = RowLanes.Load(cotangents, root, v) - (RowLanes.Load(cotangents, reciprocal, v) * inverse * inverse);
            RowLanes.Add(cotangents, square, v, sum * inverse * 0.5);
        }
    }
}
