using System.Runtime.Intrinsics;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;

/// <summary>The sine and the cosine of one value.</summary>
internal sealed unsafe class AngleOperation(int angle, int sine, int cosine) : RowOperation
{
    public override void Evaluate(double* values, double* parameters)
    {
        for (int v = 0; v < RowLanes.Vectors; v++)
        {
            (Vector256<double> sin, Vector256<double> cos) = Vector256.SinCos(RowLanes.Load(values, angle, v));
            Vector256.Store(sin, RowLanes.At(values, sine, v));
            Vector256.Store(cos, RowLanes.At(values, cosine, v));
        }
    }

    public override void Pullback(double* values, double* cotangents, double* parameters, double* gradient)
    {
        for (int v = 0; v < RowLanes.Vectors; v++)
        {
            RowLanes.Add(cotangents, angle, v, (RowLanes.Load(cotangents, sine, v) * RowLanes.Load(values, cosine, v)) - (RowLanes.Load(cotangents, cosine, v) * RowLanes.Load(values, sine, v)));
        }
    }
}
