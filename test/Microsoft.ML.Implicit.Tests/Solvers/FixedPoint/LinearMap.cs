using Microsoft.ML.Implicit.Solvers.FixedPoint;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.FixedPoint;

/// <summary>z ↦ z A + b for each row, with its own b and a speed of convergence that differs by row.</summary>
internal sealed class LinearMap(Tensor matrix, Tensor scale, Tensor offset) : IFixedPointMap
{
    public int Rows => (int)offset.shape[0];

    /// <summary>A map whose rows contract by factors from 0.05 up to <paramref name="slowest"/>, which a symmetric matrix attains.</summary>
    public static LinearMap Create(int rows, int width, double slowest, bool symmetric = false)
    {
        using var generator = new Generator(7);
        Tensor matrix = randn(width, width, ScalarType.Float64, generator: generator);
        matrix = symmetric ? matrix + matrix.t() : matrix;
        matrix /= linalg.norm(matrix, 2);
        return new LinearMap(
            matrix,
            linspace(0.05, slowest, rows, ScalarType.Float64).unsqueeze(1),
            randn(rows, width, ScalarType.Float64, generator: generator));
    }

    public Tensor Evaluate(Tensor z) => z.mm(matrix) * scale + offset;

    public IFixedPointMap SelectRows(Tensor rows) => new LinearMap(matrix, scale.index_select(0, rows), offset.index_select(0, rows));

    /// <summary>The fixed points by a direct solve of z (I − scale A) = b.</summary>
    public Tensor Solution()
    {
        Tensor system = eye(matrix.shape[0], dtype: ScalarType.Float64) - (scale.unsqueeze(2) * matrix);
        return linalg.solve(system.transpose(1, 2), offset.unsqueeze(2)).squeeze(2);
    }
}
