using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Paths;

/// <summary>
/// The natural cubic spline through values at given times (Kidger, Morrill, Foster, Lyons, Neural controlled differential equations for
/// irregular time series, 2020). Beyond its ends it goes on with the cubics of its first and last pieces.
/// </summary>
/// <remarks>
/// Gradients flow to the values, through the fit too. Its tensors live in the dispose scope that it is created in. The third derivative jumps at
/// the times: where a method of high order is to keep its order with long steps, name them in <see cref="OdeOptions.JumpTimes"/>.
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
public sealed class NaturalCubicSpline : ControlPath
{
    private readonly Tensor _times;
    private readonly Tensor _lengths;
    private readonly Tensor _lastPieces;

    /// <summary>Fits the spline, within autograd.</summary>
    /// <param name="times">
    /// Times, <c>[points]</c> for all rows or <c>[batch, points]</c>, at least two of them, increasing. A row with fewer points than others repeats its last time.
    /// </param>
    /// <param name="values">Values at the times, <c>[points, channels]</c> or <c>[batch, points, channels]</c>, of the type of the state; those at repeated times are not looked at.</param>
    /// <exception cref="ArgumentException">The shapes do not fit each other, or the times are not finite and increasing.</exception>
    public NaturalCubicSpline(Tensor times, Tensor values)
    {
        ArgumentNullException.ThrowIfNull(times);
        ArgumentNullException.ThrowIfNull(values);
        NativeBackend.EnsureLoaded();
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = times.detach().to(ScalarType.Float64, values.device);
        _times = rows.dim() == 1 ? rows.unsqueeze(0) : rows;
        Tensor points = values.dim() == 2 ? values.unsqueeze(0) : values;
        Validate(times, values, points);
        Tensor gaps = _times.diff(dim: 1);
        Tensor increasing = gaps.gt(0.Held());
        _lastPieces = increasing.sum(dim: 1).Plus((-1).Held());
        RequireIncreasing(times, gaps, increasing);
        (_lengths, Tensor curvatures) = NaturalCubicSplineFit.Fit(points, nn.functional.pad(gaps, [1, 0]).to(values.dtype), _lastPieces.Plus(1.Held()));
        Inputs = [points.alias(), curvatures];
        foreach (Tensor kept in (Tensor[])[_times, _lengths, _lastPieces, .. Inputs])
        {
            kept.MoveToOuterDisposeScope();
        }
    }

    /// <summary>Values at the times, <c>[1 or batch, points, channels]</c>, and second derivatives there.</summary>
    public override IReadOnlyList<Tensor> Inputs { get; }

    /// <inheritdoc/>
    public override Tensor Derivative(Tensor times, IReadOnlyList<Tensor> inputs)
    {
        ArgumentNullException.ThrowIfNull(times);
        ArgumentNullException.ThrowIfNull(inputs);
        using DisposeScope scope = NewDisposeScope();
        Tensor piece = minimum(_times.le(times.unsqueeze(1)).sum(dim: 1).Plus((-1).Held()).clamp_min(0.Held()), _lastPieces);
        Tensor start = _times.expand(piece.shape[0], -1).gather(1, piece.unsqueeze(1));
        Tensor length = _lengths.expand(piece.shape[0], -1).gather(1, piece.unsqueeze(1));
        Tensor place = (times.unsqueeze(1) - start).to(length.dtype) / length;
        Tensor difference = At(inputs[0], piece.Plus(1.Held())) - At(inputs[0], piece);
        Tensor slope = NaturalCubicSplineFit.Slope(difference, length, At(inputs[1], piece), At(inputs[1], piece.Plus(1.Held())), place);
        return (slope / length).MoveToOuterDisposeScope();
    }

    // [rows, channels] at one point of each row.
    private static Tensor At(Tensor points, Tensor index)
    {
        if (index.shape[0] == 1)
        {
            return points.index_select(1, index).squeeze(1);
        }

        Tensor places = index.view(-1, 1, 1).expand(-1, 1, points.shape[2]);
        return points.expand(index.shape[0], -1, -1).gather(1, places).squeeze(1);
    }

    private static void Validate(Tensor times, Tensor values, Tensor points)
    {
        bool fits = times.dim() is 1 or 2 && points.dim() == 3 && points.shape[2] > 0 && times.shape[^1] == points.shape[1] && times.shape[^1] >= 2
            && (times.dim() == 1 || points.shape[0] == 1 || times.shape[0] == points.shape[0]);
        if (!fits || values.dtype is not (ScalarType.Float32 or ScalarType.Float64))
        {
            throw new ArgumentException(
                $"Times have shape [{string.Join(", ", times.shape)}] and values are {values.dtype} [{string.Join(", ", values.shape)}]: needed are times [points] or [batch, points], at least two, and as many floating-point values [points, channels] or [batch, points, channels].",
                nameof(values));
        }
    }

    // Equal times are allowed behind the last one only, and not in the place of all.
    private void RequireIncreasing(Tensor times, Tensor gaps, Tensor increasing)
    {
        Tensor place = HeldArithmetic.Range(0, gaps.shape[1], gaps.device).unsqueeze(0);
        Tensor padding = place.gt(_lastPieces.unsqueeze(1));
        Tensor sound = where(padding, gaps.eq(0.Held()), increasing).all(1).logical_and(_lastPieces.ge(0.Held())).logical_and(_times.isfinite().all(1));
        bool[] rows = [.. sound.cpu().data<bool>()];
        if (Array.IndexOf(rows, false) is int row and >= 0)
        {
            throw new ArgumentException($"Times of row {row} must be finite and increasing, at least two of them; only the last may be repeated.", nameof(times));
        }
    }
}
