using Microsoft.ML.Implicit.Layers.Conic;
using Microsoft.ML.Implicit.Modelling.Compilation;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Conic;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Modelling;

/// <summary>
/// An objective and constraints that the rules of disciplined convex programming, parameters included, have been checked for (Grant, Boyd and Ye, 2006; Agrawal and others,
/// 2019), compiled once to sparse maps from parameters to the data of a cone program.
/// </summary>
/// <example><code>
/// var returns = new Parameter("Returns", 3);
/// var weights = new Variable("Weights", 3, sign: Sign.Nonnegative);
/// ConvexProgram program = ConvexProgram.Maximize(
///     Functions.Dot(returns, weights) - Functions.QuadraticForm(weights, covariance),
///     Functions.Sum(weights).EqualTo(1));
/// ProgramSolution solution = program.Solve(new Dictionary&lt;Parameter, Tensor&gt; { [returns] = expected });
/// Tensor best = solution[weights];
/// </code></example>
public sealed class ConvexProgram
{
    private ConvexProgram(Expression objective, bool maximizes, Constraint[] constraints)
    {
        ArgumentNullException.ThrowIfNull(objective);
        Operands.RequireAll(constraints, nameof(constraints));
        string goal = maximizes ? nameof(Maximize) : nameof(Minimize), needed = maximizes ? "concave" : "convex";
        if (objective.Size != 1)
        {
            throw new ArgumentException($"{goal} {objective}: the objective is [{objective.Rows}, {objective.Columns}]; it must be a scalar.", nameof(objective));
        }

        if (!(maximizes ? objective.IsConcave() : objective.IsConvex()))
        {
            throw new ArgumentException(
                $"{goal} {objective}: the objective must be {needed} by the rules of disciplined convex programming, and is {objective.Curvature.ToString().ToLowerInvariant()}.", nameof(objective));
        }

        var builder = new ProgramBuilder { Origin = $"the domain of {objective}" };
        AffineForm form = objective.CanonicalizeCost(builder, AffineForm.Number(maximizes ? -1 : 1));
        Array.ForEach(constraints, constraint => constraint.AddTo(builder));
        Compiled = builder.Build(form, maximizes);
        if (Compiled.Variables.Count == 0)
        {
            throw new ArgumentException($"{goal} {objective}: the program has no variables.", nameof(objective));
        }
    }

    internal CompiledProgram Compiled { get; }

    /// <summary>A program that makes a convex objective as small as it can be.</summary>
    /// <param name="objective">A convex scalar.</param>
    /// <param name="constraints">What the variables must satisfy.</param>
    /// <exception cref="ArgumentException">The objective is not a convex scalar by the rules, there is no variable, a constraint is null, or two share a name; the message names what is wrong.</exception>
    public static ConvexProgram Minimize(Expression objective, params Constraint[] constraints) => new(objective, maximizes: false, constraints);

    /// <summary>A program that makes a concave objective as large as it can be.</summary>
    /// <param name="objective">A concave scalar.</param>
    /// <param name="constraints">What the variables must satisfy.</param>
    /// <exception cref="ArgumentException">The objective is not a concave scalar by the rules, there is no variable, a constraint is null, or two share a name; the message names what is wrong.</exception>
    public static ConvexProgram Maximize(Expression objective, params Constraint[] constraints) => new(objective, maximizes: true, constraints);

    /// <summary>Solves the program for rows of parameters; gradients flow from solutions and multipliers to them.</summary>
    /// <param name="parameters">
    /// For each parameter [rows], [batch, rows], [rows, columns] or [batch, rows, columns], as it is a vector or a matrix and differs by row or not. A scalar may be [] or [batch].
    /// </param>
    /// <param name="options">Settings of the solver, or null for the defaults.</param>
    /// <param name="throwOnFailure">Whether a row without a solution is an error. If not, it has NaN values and a status.</param>
    /// <param name="warmStart">A solution of this program at neighbouring parameters, from which each row sets out, or null.</param>
    /// <param name="cancellation">Checked in every iteration.</param>
    /// <returns>Values of the variables, multipliers, objectives and status.</returns>
    /// <exception cref="ArgumentException">A parameter is missing or has another shape; the message names it.</exception>
    /// <exception cref="SolveFailedException">A row has no solution, or a parameter that is no number or not of the sign it was promised to have, and that is to be an error.</exception>
    /// <exception cref="OperationCanceledException">Cancellation was requested.</exception>
    public ProgramSolution Solve(
        IReadOnlyDictionary<Parameter, Tensor> parameters,
        ConeOptions? options = null,
        bool throwOnFailure = true,
        ProgramSolution? warmStart = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        Dictionary<string, Tensor> byName = parameters.ToDictionary(pair => pair.Key.Name, pair => pair.Value);
        return Solve(Compiled, ParameterRows.Create(Compiled.Parameters, byName), options, throwOnFailure, warmStart?.Start, cancellation);
    }

    internal static ProgramSolution Solve(CompiledProgram program, Tensor parameters, ConeOptions? options, bool throwOnFailure, ConeStart? warmStart, CancellationToken cancellation)
    {
        string?[] faults = ParameterFaults.Find(program.Parameters, parameters);
        int faulty = Array.FindIndex(faults, fault => fault is not null);
        if (throwOnFailure && faulty >= 0)
        {
            throw new SolveFailedException($"Row {faulty} of the program: {faults[faulty]}", SolveStatus.InvalidInput, faulty);
        }

        ConeProblem problem = program.Apply(parameters);
        if (faulty >= 0)
        {
            double[] marks = Array.ConvertAll(faults, fault => fault is null ? 0 : double.NaN);
            problem = new ConeProblem(problem.P, problem.Q.Plus(NativeTensor.Of(marks, [marks.Length, 1])), problem.A, problem.B, problem.Cones, problem.PEntries, problem.AEntries);
        }

        // What failed is told in the program's names, which the layer does not know.
        using var layer = new ConeProgram(options, throwOnFailure: false);
        ConeOutputs outputs = layer.forward(problem, warmStart, cancellation);
        var solution = new ProgramSolution(program, outputs, parameters, faults);
        if (throwOnFailure)
        {
            solution.ThrowIfFailed();
        }

        return solution;
    }
}
