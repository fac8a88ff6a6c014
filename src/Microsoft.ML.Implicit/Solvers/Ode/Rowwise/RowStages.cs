using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>A step of several rows: its stages as far as they are evaluated, and its ends.</summary>
internal sealed class RowStages
{
    private readonly RowRungeKutta _method;
    private readonly List<Tensor> _stages;

    /// <param name="method">Method.</param>
    /// <param name="clock">The rows and their steps.</param>
    /// <param name="start">States at the starts, <c>[rows, n]</c>.</param>
    /// <param name="first">First stages, where known.</param>
    public RowStages(RowRungeKutta method, RowClock clock, Tensor start, Tensor? first = null)
    {
        _method = method;
        Clock = clock;
        Start = start;
        _stages = [first ?? method.Evaluate(clock, 0, start)];
        End = Extend(method.Tableau.EndStage);
    }

    public RowClock Clock { get; }

    /// <summary>States at the starts, <c>[rows, n]</c>.</summary>
    public Tensor Start { get; }

    /// <summary>States at the ends, <c>[rows, n]</c>.</summary>
    public Tensor End { get; }

    /// <summary>f at the ends, the first stages of the next steps, <c>[rows, n]</c>.</summary>
    public Tensor EndStage()
    {
        Extend(_method.Tableau.EndStage + 1);
        return _stages[_method.Tableau.EndStage];
    }

    /// <summary>Weighted error of each step.</summary>
    public double[] Errors(AdaptiveStepControl control)
    {
        Extend(_method.Tableau.ErrorWeights.Length);
        return _method.Errors(_stages, Clock.Sizes, control.Scale(Start, End));
    }

    /// <summary>Evaluates what <see cref="Interpolate"/> needs, so that it does not in a dispose scope that ends before this one's.</summary>
    public void EvaluateDenseStages() => Extend(_method.Tableau.DenseStages);

    /// <summary>States inside the steps, <c>[positions, n]</c>.</summary>
    /// <param name="positions">Places of rows among those that took the step.</param>
    /// <param name="thetas">A place in the step of each.</param>
    public Tensor Interpolate(long[] positions, double[] thetas)
    {
        EvaluateDenseStages();
        Tensor chosen = tensor(positions, device: Start.device);
        Tensor coefficients = tensor(_method.Tableau.DenseWeights(thetas, 1.0), Start.dtype, Start.device) * Clock.Sizes.index_select(0, chosen).unsqueeze(1);
        Tensor used = stack(_stages.Take(_method.Tableau.DenseStages)).index_select(1, chosen);
        return Start.index_select(0, chosen).Plus((used * coefficients.t().unsqueeze(2)).sum(dim: 0));
    }

    /// <summary>States at outputs inside the steps, <c>[outputs, n]</c>; <see langword="null"/> where there are none.</summary>
    public Tensor? At(StepRecord record) =>
        record.Outputs.Length == 0 ? null : Interpolate(Clock.PositionsOf(record.Outputs.Select(output => output.Clock)), record.Thetas());

    // Adds stages up to a number of them, and returns the point of the next.
    private Tensor Extend(int count)
    {
        while (true)
        {
            int i = _stages.Count;
            Tensor point = _method.Increment(_stages, i) is { } increment ? Start.Plus(increment * Clock.Sizes.unsqueeze(1)) : Start;
            if (i >= count)
            {
                return point;
            }

            _stages.Add(_method.Evaluate(Clock, _method.Tableau.C[i], point));
        }
    }
}
