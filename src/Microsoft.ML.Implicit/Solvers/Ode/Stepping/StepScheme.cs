using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;
using Microsoft.ML.Implicit.Solvers.Ode.Common;
using Microsoft.ML.Implicit.Solvers.Ode.Replays;
using Microsoft.ML.Implicit.Solvers.Ode.Rowwise;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stepping;

/// <summary>
/// Who takes a step together: all rows of a batch (<see cref="CommonSteps"/>), or each row by itself (<see cref="RowSteps"/>). It knows the
/// right-hand side, and what takes, differentiates and repeats its steps.
/// </summary>
internal abstract class StepScheme
{
    /// <summary>Parameters of the right-hand side; <see langword="null"/> where gradients do not flow through it.</summary>
    public abstract IReadOnlyList<Tensor>? Parameters { get; }

    /// <summary>The right-hand side, for messages.</summary>
    public abstract object Term { get; }

    /// <summary>Whether each row has times of its own.</summary>
    public abstract bool HasRowTimes { get; }

    /// <summary>What stops rows; their states there are the last of the outputs.</summary>
    public virtual OdeEvent? Event => null;

    /// <summary>Number of states that a solve keeps for its gradient.</summary>
    public virtual int CheckpointLimit(OdeOptions options) => options.MaximumCheckpoints;

    /// <summary>Evaluates f.</summary>
    /// <param name="times">The time of each clock.</param>
    /// <param name="state"><c>[batch, ...]</c>.</param>
    public abstract Tensor Evaluate(double[] times, Tensor state);

    /// <summary>Throws where autograd does not follow the evaluation of f, so that repeated steps would have wrong gradients without a word.</summary>
    /// <param name="times">First time of each clock.</param>
    /// <param name="start">Initial state, <c>[batch, ...]</c>, a variable.</param>
    /// <exception cref="InvalidOperationException">It does not, and the derivative is not zero.</exception>
    public virtual void EnsureFollowed(double[] times, Tensor start)
    {
    }

    /// <summary>Creates what takes the steps.</summary>
    /// <param name="options">Method.</param>
    /// <param name="initialState"><c>[batch, ...]</c>, contiguous.</param>
    /// <param name="outputs"><c>[outputs, n]</c>, written.</param>
    public abstract OdeStepper CreateStepper(OdeOptions options, Tensor initialState, Tensor outputs);

    /// <summary>Creates the adjoint of the steps.</summary>
    /// <param name="options">Method and tolerances of the forward solve.</param>
    /// <param name="state">A state, <c>[batch, ...]</c>, for its shape, type and device.</param>
    /// <param name="parameterGradient">Flat vector that the parameters' gradients are added to.</param>
    public abstract AdjointStep CreateAdjoint(OdeOptions options, Tensor state, Tensor parameterGradient);

    /// <summary>Creates the replay of the steps.</summary>
    /// <param name="options">Method and step control of the solve.</param>
    /// <param name="start">Initial state, <c>[batch, ...]</c>.</param>
    public abstract StepReplay CreateReplay(OdeOptions options, Tensor start);

    /// <summary>The adjoint at the first times by the gradient method of the options.</summary>
    /// <param name="solution">A solution with a trace.</param>
    /// <param name="cotangents">Gradients of the outputs, <c>[outputs, n]</c>.</param>
    /// <param name="parameterGradient">Flat vector that the parameters' gradients are added to.</param>
    /// <returns><c>[n]</c>, without the direct contribution of outputs at the first times.</returns>
    public virtual Tensor Differentiate(OdeSolution solution, Tensor cotangents, Tensor parameterGradient) =>
        CheckpointedAdjoint.Run(solution, this, cotangents, parameterGradient);

    /// <summary>The same where some rows stand still. Rows that take steps of their own need not.</summary>
    /// <param name="rows">Which rows, increasing.</param>
    public virtual StepScheme Hold(int[] rows) => this;

    /// <summary>The same with parameters that are variables of their own; see <see cref="Terms.IRebindableOdeTerm.Separate"/>.</summary>
    public abstract StepScheme Separate();

    /// <summary>The same with other tensors in the place of the parameters; see <see cref="Terms.IRebindableOdeTerm.Bind"/>.</summary>
    public abstract StepScheme Bind(IReadOnlyList<Tensor> parameters);
}
