using System.Runtime.Intrinsics;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;

/// <summary>y = σ(x + shift) and d = σ'(x + shift).</summary>
internal sealed unsafe class ActivationOperation(Block x, Block y, Block d, DynamicsActivation activation, double shift) : RowOperation
{
    public override void Evaluate(double* values, double* parameters)
    {
        Vector256<double> one = Vector256<double>.One;
        for (int i = 0; i < x.Width * RowLanes.Count; i += Vector256<double>.Count)
        {
            Vector256<double> a = Vector256.Load(RowLanes.At(values, x.Start) + i) + Vector256.Create(shift);
            Vector256<double> size = Vector256.Abs(a), value, derivative;
            if (activation == DynamicsActivation.Tanh)
            {
                Vector256<double> e = Vector256.Exp(size * -2);
                value = Vector256.CopySign((one - e) / (one + e), a);
                derivative = one - (value * value);
            }
            else
            {
                Vector256<double> e = Vector256.Exp(-size);
                Vector256<double> inverse = one / (one + e);
                value = Vector256.Max(a, Vector256<double>.Zero) + Vector256.Log(one + e);
                derivative = Vector256.ConditionalSelect(Vector256.LessThan(a, Vector256<double>.Zero), e * inverse, inverse);
            }

            Vector256.Store(value, RowLanes.At(values, y.Start) + i);
            Vector256.Store(derivative, RowLanes.At(values, d.Start) + i);
        }
    }

    public override void Pullback(double* values, double* cotangents, double* parameters, double* gradient)
    {
        for (int i = 0; i < x.Width * RowLanes.Count; i += Vector256<double>.Count)
        {
            Vector256<double> derivative = Vector256.Load(RowLanes.At(values, d.Start) + i), ofDerivative = Vector256.Load(RowLanes.At(cotangents, d.Start) + i);

            // σ'' is -2yd for tanh and d(1 - d) for softplus.
            Vector256<double> curvature = activation == DynamicsActivation.Tanh ? Vector256.Load(RowLanes.At(values, y.Start) + i) * -2 : Vector256<double>.One - derivative;
            Vector256<double> sum = (Vector256.Load(RowLanes.At(cotangents, y.Start) + i) + (ofDerivative * curvature)) * derivative;
            double* place = RowLanes.At(cotangents, x.Start) + i;
            Vector256.Store(Vector256.Load(place) + sum, place);
        }
    }
}
