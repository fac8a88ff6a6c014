using Microsoft.ML.Implicit.Solvers.Ode.Common;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Replays;

/// <summary>Repeats the steps of an explicit Runge-Kutta method; the end stage of one is the first of the next within a segment.</summary>
internal sealed class ExplicitRungeKuttaReplay(IOdeTerm term, ExplicitRungeKutta method, long[] shape) : CommonReplay
{
    private Tensor? _first;

    protected override Tensor Take(OdeStep step, Tensor state, ReadOnlySpan<double> thetas, List<Tensor> outputs)
    {
        Tensor? first = step.StartsSegment ? null : _first;
        int count = thetas.Length > 0 ? Math.Max(method.DenseStages, method.EndStage) : method.EndStage;
        var stages = new List<Tensor>(count);
        Tensor end = state;
        for (int i = 0; i < Math.Max(count, method.EndStage + 1); i++)
        {
            Tensor point = Combine(state, stages, method.A[i], step.Size);
            end = i == method.EndStage ? point : end;
            if (i < count)
            {
                stages.Add(i == 0 && first is not null ? first : term.EvaluateChecked(step.At(method.C[i]), point.view(shape)).reshape(-1));
            }
        }

        Interpolate(method, step, state, stages, thetas, outputs);
        _first = count > method.EndStage ? stages[method.EndStage] : null;
        return end;
    }
}
