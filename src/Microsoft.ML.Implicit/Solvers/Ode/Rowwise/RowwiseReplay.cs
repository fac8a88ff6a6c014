using Microsoft.ML.Implicit.Solvers.Ode.Replays;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>Repeats the steps of rows that step independently.</summary>
/// <param name="method">Method; owned.</param>
internal sealed class RowwiseReplay(RowRungeKutta method) : StepReplay
{
    public override Tensor Take(StepRecord steps, Tensor state, List<Tensor> outputs)
    {
        if (steps.Clocks.Length == 0)
        {
            return state;
        }

        Tensor states = state.view(method.Batch, -1);
        var clock = new RowClock(steps.Clocks, steps.Steps, states);
        var stages = new RowStages(method, clock, states.index_select(0, clock.Rows));
        if (stages.At(steps) is { } inside)
        {
            outputs.Add(inside);
        }

        return states.index_copy(0, clock.Rows, stages.End).view(-1);
    }

    public override void Dispose()
    {
        method.Dispose();
        base.Dispose();
    }
}
