using System.Runtime.Intrinsics;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;

/// <summary>Sums of products of values.</summary>
internal sealed unsafe class SumOperation(Block y, Product[] products) : RowOperation
{
    public override void Evaluate(double* values, double* parameters)
    {
        new Span<double>(RowLanes.At(values, y.Start), y.Width * RowLanes.Count).Clear();
        foreach (Product product in products)
        {
            for (int v = 0; v < RowLanes.Vectors; v++)
            {
                Vector256<double> value = RowLanes.Load(values, product.Left, v) * product.Factor;
                RowLanes.Add(values, y[product.Output], v, product.Right < 0 ? value : value * RowLanes.Load(values, product.Right, v));
            }
        }
    }

    public override void Pullback(double* values, double* cotangents, double* parameters, double* gradient)
    {
        foreach (Product product in products)
        {
            for (int v = 0; v < RowLanes.Vectors; v++)
            {
                Vector256<double> cotangent = RowLanes.Load(cotangents, y[product.Output], v) * product.Factor;
                if (product.Right < 0)
                {
                    RowLanes.Add(cotangents, product.Left, v, cotangent);
                }
                else
                {
                    RowLanes.Add(cotangents, product.Left, v, cotangent * RowLanes.Load(values, product.Right, v));
                    RowLanes.Add(cotangents, product.Right, v, cotangent * RowLanes.Load(values, product.Left, v));
                }
            }
        }
    }
}
