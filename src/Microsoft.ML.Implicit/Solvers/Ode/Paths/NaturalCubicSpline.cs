using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Paths;

/// <summary>
/// The natural cubic spline through values at given times (Kidger, Morrill, Foster, Lyons, Neural controlled differential equations for
/// irregular time series, 2020). Beyond its ends it goes on with the cubics of its first and last pieces.
/// </summary>
/// <remarks>
/// Gradients flow to the values, through the fit too. Its tensors live in the dispose scope that it is created in. The third derivative jumps at
/// the times: where a method of high order is to keep its order with long steps, name them in <see cref="OdeOptions.JumpTimes"/>.
/// The spline between two times depends on later values too: for what must not look ahead there is <see cref="HermitePath"/>, or <see cref="RectilinearPath"/>.
/// </remarks>
/// <example>
/// A controlled differential equation along four observations of two channels; <c>field</c> maps the time and the state
/// <c>[batch, width]</c> to <c>[batch, width, 2]</c>:
/// <code>
/// Tensor times = torch.tensor(new[] { 0f, 1f, 2.5f, 3f });
/// var path = new NaturalCubicSpline(times, observations);      // observations [batch, 4, 2]
/// var layer = new NeuralOde(new ControlledDynamics(field, path));
/// Tensor end = layer.forward(initialState, torch.tensor(new[] { 0f, 3f }))[1];
/// </code>
/// </example>
public sealed class NaturalCubicSpline : PiecewisePath
{
    /// <summary>Fits the spline, within autograd.</summary>
    /// <param name="times">
    /// Times, <c>[points]</c> for all rows or <c>[batch, points]</c>, at least two of them, increasing. A row with fewer points than others repeats its last time.
    /// </param>
    /// <param name="values">
    /// Values at the times, <c>[points, channels]</c> or <c>[batch, points, channels]</c>, of the type of the state; those at repeated times are not looked at. NaN
    /// where a channel was not observed: each channel is the spline through its own times, and at the first and last time of all has its nearest value.
    /// </param>
    /// <exception cref="ArgumentException">The shapes do not fit each other, or the times are not finite and increasing.</exception>
    public NaturalCubicSpline(Tensor times, Tensor values)
        : base(() =>
        {
            (PathGrid grid, Tensor points) = PathGrid.Create(times, values);
            return Fit(grid, points);
        })
    {
    }

    internal static PathPieces Fit(PathGrid grid, Tensor values)
    {
        (Tensor points, Tensor curvatures) = NaturalCubicSplineFit.FitObserved(grid, values);
        Tensor change = points.diff(dim: 1);
        Tensor bend = grid.Lengths.Squared().unsqueeze(2).to(points.dtype) / 6.Held();
        Tensor left = curvatures.narrow(1, 0, change.shape[1]), right = curvatures.narrow(1, 1, change.shape[1]);
        return new PathPieces(grid, change, change - (bend * (2.Held() * left).Plus(right)), change.Plus(bend * left.Plus(2.Held() * right)));
    }
}
