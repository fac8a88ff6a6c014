using Microsoft.ML.Implicit.Layers.Ode.Perceptrons;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Cuda;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>
/// <see cref="PerceptronDynamics"/> with penalties integrated beside the state: the columns after the state's are the integrals
/// of <see cref="DynamicsPenalties"/>, in the order of that enumeration, each a mean over coordinates.
/// </summary>
/// <remarks>
/// Start the added columns at zero (<see cref="Extend"/>), add their last values, weighted, to the loss, and train as
/// usual: the vector-Jacobian products are in closed form.
/// </remarks>
public sealed class PenalizedDynamics : IDifferentiableOdeTerm, IManagedOdeTerm, ICudaOdeTerm
{
    private readonly PerceptronDynamics _dynamics;
    private readonly Integrands _penalties;
    private readonly Tensor? _direction;

    /// <summary>Adds penalties to dynamics.</summary>
    /// <param name="dynamics">f.</param>
    /// <param name="penalties">What is integrated.</param>
    /// <param name="direction">e for <see cref="DynamicsPenalties.JacobianNorm"/>, <c>[batch, dimension]</c>, of zero mean and unit covariance, fixed over one solve.</param>
    /// <exception cref="ArgumentException">The Jacobian's norm is wanted and there is no direction, the second derivative of dynamics that time gates, or the third one.</exception>
    public PenalizedDynamics(PerceptronDynamics dynamics, DynamicsPenalties penalties, Tensor? direction = null)
    {
        ArgumentNullException.ThrowIfNull(dynamics);
        if (penalties.HasFlag(DynamicsPenalties.JacobianNorm) && direction is null)
        {
            throw new ArgumentException($"{nameof(DynamicsPenalties.JacobianNorm)} needs a random direction.", nameof(direction));
        }

        if (penalties.HasFlag(DynamicsPenalties.SecondDerivative) && dynamics.HasGates)
        {
            throw new ArgumentException($"{nameof(DynamicsPenalties.SecondDerivative)} needs dynamics whose layers time does not gate.", nameof(penalties));
        }

        if (penalties.HasFlag(DynamicsPenalties.ThirdDerivative))
        {
            throw new ArgumentException($"{nameof(DynamicsPenalties.ThirdDerivative)} has no closed form: use {nameof(PenalizedModule)}.", nameof(penalties));
        }

        _dynamics = dynamics;
        _penalties = Integrands.Means(penalties, dynamics.Dimension);
        _direction = _penalties.HasJacobianNorm ? direction : null;
    }

    /// <summary>Number of columns after the state's.</summary>
    public int PenaltyCount => _penalties.Count;

    /// <inheritdoc/>
    public IReadOnlyList<Tensor> Parameters => _dynamics.Parameters;

    // The parameters may change between solves, so that nothing is kept of them.
    private PerceptronTerm CreateTerm() => new(_dynamics, _penalties, _direction);

    /// <summary>Adds columns of zeros to a state.</summary>
    /// <param name="state"><c>[batch, dimension]</c>.</param>
    /// <returns><c>[batch, dimension + penalties]</c>.</returns>
    public Tensor Extend(Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return _penalties.Extend(state);
    }

    /// <inheritdoc/>
    public Tensor Evaluate(double time, Tensor state)
    {
        using OdeLinearization linearization = Linearize(time, state);
        return linearization.Value.alias();
    }

    /// <inheritdoc/>
    public OdeLinearization Linearize(double time, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return new PerceptronLinearization(CreateTerm(), time, state, ownsTerm: true);
    }

    ManagedDynamics? IManagedOdeTerm.CreateManagedDynamics(Tensor state) => ((IManagedOdeTerm)CreateTerm()).CreateManagedDynamics(state);

    CudaDynamics? ICudaOdeTerm.CreateCudaDynamics(Tensor state) => ((ICudaOdeTerm)CreateTerm()).CreateCudaDynamics(state);
}
