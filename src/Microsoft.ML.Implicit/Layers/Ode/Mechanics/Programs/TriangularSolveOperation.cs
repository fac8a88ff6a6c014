using System.Runtime.Intrinsics;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;

/// <summary>y = L⁻¹ b or L⁻ᵀ b with a lower triangular L, [n, n].</summary>
internal sealed unsafe class TriangularSolveOperation(Block factor, Block b, Block y, bool isTransposed) : RowOperation
{
    public override void Evaluate(double* values, double* parameters) => Solve(values, RowLanes.At(values, b.Start), RowLanes.At(values, y.Start), isTransposed);

    public override void Pullback(double* values, double* cotangents, double* parameters, double* gradient)
    {
        int n = y.Width;
        double* pulled = stackalloc double[n * RowLanes.Count];
        Solve(values, RowLanes.At(cotangents, y.Start), pulled, !isTransposed);
        for (int v = 0; v < RowLanes.Vectors; v++)
        {
            for (int i = 0; i < n; i++)
            {
                Vector256<double> cotangent = RowLanes.Load(pulled, i, v);
                RowLanes.Add(cotangents, b[i], v, cotangent);
                for (int j = isTransposed ? i : 0; j <= (isTransposed ? n - 1 : i); j++)
                {
                    RowLanes.Add(cotangents, isTransposed ? factor[(j * n) + i] : factor[(i * n) + j], v, -(cotangent * RowLanes.Load(values, y[j], v)));
                }
            }
        }
    }

    private void Solve(double* values, double* right, double* result, bool transposed)
    {
        int n = y.Width;
        for (int v = 0; v < RowLanes.Vectors; v++)
        {
            for (int k = 0; k < n; k++)
            {
                int i = transposed ? n - 1 - k : k;
                Vector256<double> sum = RowLanes.Load(right, i, v);
                for (int j = transposed ? i + 1 : 0; j < (transposed ? n : i); j++)
                {
                    sum -= RowLanes.Load(values, transposed ? factor[(j * n) + i] : factor[(i * n) + j], v) * RowLanes.Load(result, j, v);
                }

                Vector256.Store(sum / RowLanes.Load(values, factor[(i * n) + i], v), RowLanes.At(result, i, v));
            }
        }
    }
}
