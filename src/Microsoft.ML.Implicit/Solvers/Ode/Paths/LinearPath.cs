using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Paths;

/// <summary>The path that is straight between values at given times.</summary>
/// <remarks><inheritdoc cref="PiecewisePath" path="/remarks/node()"/> The derivative jumps at the times: name them in <see cref="OdeOptions.JumpTimes"/>.</remarks>
/// <example><code>
/// var path = new LinearPath(torch.tensor(new[] { 0f, 1f, 2.5f, 3f }), observations);      // observations [batch, 4, 2]
/// </code></example>
public sealed class LinearPath : PiecewisePath
{
    /// <inheritdoc cref="HermitePath(Tensor, Tensor)"/>
    public LinearPath(Tensor times, Tensor values)
        : base(() =>
        {
            (PathGrid grid, Tensor points) = PathGrid.Create(times, values);
            return Fit(grid, MissingValues.Interpolate(grid, points));
        })
    {
    }

    /// <param name="grid">The times.</param>
    /// <param name="points">Values at the times, none of them missing.</param>
    internal static PathPieces Fit(PathGrid grid, Tensor points) => PathPieces.Straight(grid, points.diff(dim: 1));
}
