using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Common;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

/// <summary>
/// The adjoint of Adams-Bashforth-Moulton steps. A slope f(tₙ, zₙ) enters this step and up to three later ones; its cotangent
/// is gathered from all of them and pulled back when the sweep reaches its own step.
/// </summary>
/// <remarks>A step starts from the state and the slopes of earlier steps, the latest first, as rows of one tensor.</remarks>
internal sealed class AdamsBashforthMoultonAdjointStep : CommonAdjointStep
{
    private static readonly ExplicitRungeKutta StartingMethod = OdeMethods.RungeKutta4;

    private readonly IDifferentiableOdeTerm _term;
    private readonly long[] _shape;
    private readonly Tensor _parameterGradient;
    private readonly StageBuffer _stages;
    private readonly CotangentBuffer _cotangents;
    private readonly Tensor _adjoint;
    private readonly Tensor _slopeCotangents;

    /// <param name="term">Right-hand side.</param>
    /// <param name="state"><c>[batch, ...]</c>, for its shape, type and device.</param>
    /// <param name="parameterGradient">Flat vector that the parameters' gradients are added to.</param>
    public AdamsBashforthMoultonAdjointStep(IDifferentiableOdeTerm term, Tensor state, Tensor parameterGradient)
    {
        _term = term;
        _shape = state.shape;
        _parameterGradient = parameterGradient;
        using Tensor flat = state.reshape(-1);
        _stages = new StageBuffer(StartingMethod, flat);
        _cotangents = new CotangentBuffer(StartingMethod, flat);
        _adjoint = zeros_like(flat).DetachFromDisposeScope();
        _slopeCotangents = zeros([AdamsBashforthMoulton.HistoryLength, flat.numel()], flat.dtype, flat.device).DetachFromDisposeScope();
    }

    public override Tensor Advance(OdeStep step, Tensor state)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = state[0];
        Tensor[] slopes = [Evaluate(step.At(0), start), .. Enumerable.Range(1, step.EarlierSlopes).Select(i => state[i])];
        Tensor end = slopes.Length < AdamsBashforthMoulton.HistoryLength
            ? AdvanceByStartingMethod(step, start, slopes[0])
            : Correct(step, start, slopes, Evaluate(step.At(1), Predict(step, start, slopes)));
        return stack([end, .. slopes.Take(AdamsBashforthMoulton.HistoryLength - 1)]).MoveToOuterDisposeScope();
    }

    public override void Reverse(OdeStep step, Tensor state, ReadOnlySpan<double> thetas, Tensor outputCotangents)
    {
        using DisposeScope scope = NewDisposeScope();
        if (thetas.Length > 0)
        {
            _adjoint.PlusInPlace(outputCotangents[0]);
        }

        Tensor start = state[0];
        using OdeLinearization first = _term.LinearizeChecked(step.At(0), start.view(_shape));
        Tensor[] slopes = [first.Value.reshape(-1), .. Enumerable.Range(1, step.EarlierSlopes).Select(i => state[i])];
        Tensor direct = slopes.Length < AdamsBashforthMoulton.HistoryLength ? ReverseStartingMethod(step, start, slopes[0]) : ReverseCorrection(step, start, slopes);
        _adjoint.copy_(direct).PlusInPlace(PullBack(first, _slopeCotangents[0]));
        Tensor earlier = _slopeCotangents.narrow(0, 1, AdamsBashforthMoulton.HistoryLength - 1).clone();
        _slopeCotangents.narrow(0, 0, earlier.shape[0]).copy_(earlier);
        _slopeCotangents[-1].zero_();
    }

    public override Tensor Finish() => _adjoint.clone();

    protected override void Dispose(bool disposing)
    {
        _stages.Dispose();
        _cotangents.Dispose();
        _adjoint.Dispose();
        _slopeCotangents.Dispose();
    }

    private static Tensor Predict(OdeStep step, Tensor start, Tensor[] slopes) => AdamsBashforthMoulton.Combine(start, AdamsBashforthMoulton.Predictor, slopes, step.Size);

    private static Tensor Correct(OdeStep step, Tensor start, Tensor[] slopes, Tensor predictedSlope) =>
        AdamsBashforthMoulton.Combine(start, AdamsBashforthMoulton.Corrector, [predictedSlope, .. slopes[..^1]], step.Size);

    private Tensor AdvanceByStartingMethod(OdeStep step, Tensor start, Tensor slope)
    {
        _stages.SetStepSize(step.Size);
        _stages.Row(0).copy_(slope);
        for (int i = 1; i < StartingMethod.EndStage; i++)
        {
            _stages.Row(i).copy_(Evaluate(step.At(StartingMethod.C[i]), _stages.Combine(start, i)));
        }

        return _stages.Combine(start, StartingMethod.EndStage);
    }

    // Both return the cotangent of the state at the start, but for what flows through the first slope.
    private Tensor ReverseStartingMethod(OdeStep step, Tensor start, Tensor slope)
    {
        AdvanceByStartingMethod(step, start, slope);
        int count = StartingMethod.EndStage + 1;
        _cotangents.Begin(step.Size, [], _slopeCotangents);
        _cotangents.Set(StartingMethod.EndStage, _adjoint);
        for (int i = StartingMethod.EndStage - 1; i > 0; i--)
        {
            using OdeLinearization linearization = _term.LinearizeChecked(step.At(StartingMethod.C[i]), _stages.Combine(start, i).view(_shape));
            _cotangents.Set(i, PullBack(linearization, _cotangents.Gather(i, count)));
        }

        _slopeCotangents[0].PlusInPlace(_cotangents.Gather(0, count));
        return _cotangents.Sum(count);
    }

    private Tensor ReverseCorrection(OdeStep step, Tensor start, Tensor[] slopes)
    {
        using OdeLinearization predicted = _term.LinearizeChecked(step.At(1), Predict(step, start, slopes).view(_shape));
        Tensor ofPredicted = PullBack(predicted, _adjoint * (AdamsBashforthMoulton.Corrector[0] * step.Size).Held());
        for (int i = 0; i < slopes.Length; i++)
        {
            _slopeCotangents[i].add_(ofPredicted, alpha: (AdamsBashforthMoulton.Predictor[i] * step.Size).Held());
            if (i + 1 < slopes.Length)
            {
                _slopeCotangents[i].add_(_adjoint, alpha: (AdamsBashforthMoulton.Corrector[i + 1] * step.Size).Held());
            }
        }

        return _adjoint.Plus(ofPredicted);
    }

    private Tensor Evaluate(double time, Tensor flat) => _term.EvaluateChecked(time, flat.view(_shape)).reshape(-1);

    private Tensor PullBack(OdeLinearization linearization, Tensor cotangent) => linearization.PullbackChecked(cotangent.view(_shape), _parameterGradient).reshape(-1);
}
