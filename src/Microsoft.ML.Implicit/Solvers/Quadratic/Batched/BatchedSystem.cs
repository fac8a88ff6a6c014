using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>
/// Matrices of a batch on its device in float64, equilibrated by powers of two, and products with them. Matrices that all rows share have no batch
/// dimension, and their products are single matrix products. C stacks G, -I for lower and I for upper bounds.
/// Q, G and A lie in one tensor, so that a product with all of them is one launch on a GPU.
/// </summary>
internal sealed class BatchedSystem
{
    // Its inverse is finite; a multiplier below it is none.
    private const double SmallestTerm = 1e-290;

    private readonly QuadraticProblem _problem;
    private readonly Tensor? _g;
    private readonly Tensor _identity;
    private readonly Tensor? _isConvex;

    /// <summary>Prepares the matrices of a problem.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="scales"><see cref="Scales"/> of an earlier system of the same problem, or null.</param>
    public BatchedSystem(QuadraticProblem problem, Tensor? scales = null)
    {
        _problem = problem;
        long n = problem.Variables, m = problem.Inequalities, k = problem.Equalities;
        Tensor matrices = StackMatrices(problem);
        Scaling = scales is null ? MatrixScaling.Find(problem, matrices) : null;
        Scales = scales ?? Scaling!.Scales;
        Tensor variableScale = Scales.narrow(-1, 0, n);
        Matrices = (matrices * Scales.unsqueeze(-1)).mul_(variableScale.unsqueeze(-2));
        _g = m > 0 ? Matrices.narrow(-2, n, m) : null;
        _identity = eye(Math.Max(n, k), dtype: ScalarType.Float64, device: problem.P.device);
        Q = Matrices.narrow(-2, 0, n);

        // Who gives scales knows the matrices to be convex, and those of float64 are not changed.
        if (scales is null || problem.QuadraticType != ScalarType.Float64)
        {
            (_isConvex, Tensor shift) = Convexity.Examine(Q, problem.QuadraticType);
            Q.diagonal(0, -2, -1).PlusInPlace(shift);
        }

        A = k > 0 ? Matrices.narrow(-2, n + m, k) : null;
        VariableScale = Rows(variableScale);
        EqualityScale = Rows(Scales.narrow(-1, n + m, k));
        InverseVariableScale = VariableScale.reciprocal();
        ConstraintScale = Stack(Rows(Scales.narrow(-1, n, m)), InverseVariableScale, InverseVariableScale);
        QAugmented = A is null ? Q : Q.Plus(A.transpose(-1, -2).matmul(A));
    }

    /// <summary>Q, G and A, [n + m + k, n] or [batch, n + m + k, n].</summary>
    public Tensor Matrices { get; }

    /// <summary>The symmetric part of Q, with what rounding may have taken from its diagonal.</summary>
    public Tensor Q { get; }

    public Tensor? A { get; }

    /// <summary>Q + AᵀA.</summary>
    public Tensor QAugmented { get; }

    /// <summary>Variables that are in no matrix, [1, n] or [batch, n] Boolean.</summary>
    public Tensor IsUnused => Rows(Matrices.ne(0.Held()).any(-2).logical_not());

    /// <summary>Rows of zeros in A, [1, k] or [batch, k] Boolean.</summary>
    public Tensor IsEmptyEquality => A is null ? zeros_like(EqualityScale, ScalarType.Bool) : Rows(A.ne(0.Held()).any(-1).logical_not());

    /// <summary>The scales with the groups of variables; null where the scales were given.</summary>
    public MatrixScaling? Scaling { get; }

    /// <summary>Row scales of Q, G and A, [n + m + k] or [batch, n + m + k]; those of Q are its column scales too.</summary>
    public Tensor Scales { get; }

    /// <summary>D: z = D z̃, [1, n] or [batch, n].</summary>
    public Tensor VariableScale { get; }

    /// <summary>1 / D, [1, n] or [batch, n].</summary>
    public Tensor InverseVariableScale { get; }

    /// <summary>F: ν = F ν̃, [1, k] or [batch, k].</summary>
    public Tensor EqualityScale { get; }

    /// <summary>E of all constraints: λ = E λ̃, s = s̃ / E, [1, L] or [batch, L].</summary>
    public Tensor ConstraintScale { get; }

    /// <summary>One value a constraint from those of inequalities and bounds.</summary>
    public Tensor Stack(Tensor general, Tensor? lower, Tensor? upper)
    {
        if (_problem.Lower is null && _problem.Upper is null)
        {
            return general;
        }

        Tensor?[] parts = [general, _problem.Lower is null ? null : lower, _problem.Upper is null ? null : upper];
        long rows = parts.Max(part => part?.shape[0] ?? 1);
        return cat([.. parts.OfType<Tensor>().Select(part => part.expand(rows, part.shape[1]))], 1);
    }

    /// <summary>Products of Q, C and A with rows x [batch, n].</summary>
    public BatchedProducts Products(Tensor x)
    {
        long n = _problem.Variables, m = _problem.Inequalities;
        Tensor all = Apply(Matrices, x);
        Tensor? lower = _problem.Lower is null ? null : -x;
        return new BatchedProducts(all.narrow(1, 0, n), Stack(all.narrow(1, n, m), lower, x), all.narrow(1, n + m, _problem.Equalities));
    }

    /// <summary>C x, [batch, L].</summary>
    public Tensor ApplyC(Tensor x) => Stack(_g is null ? x.narrow(1, 0, 0) : Apply(_g, x), _problem.Lower is null ? null : -x, x);

    /// <summary>A x, [batch, k].</summary>
    public Tensor ApplyA(Tensor x) => A is null ? x.narrow(1, 0, 0) : Apply(A, x);

    /// <summary>|C| |x|, [batch, L]: the size of the terms that a product with C sums.</summary>
    public Tensor MagnitudesOfC(Tensor x)
    {
        Tensor magnitudes = x.abs();
        return Stack(_g is null ? x.narrow(1, 0, 0) : Apply(_g.abs(), magnitudes), magnitudes, magnitudes);
    }

    /// <summary>
    /// For each constraint the largest share, over the variables in it, that its multiplier has in the terms of Q z + p + Cᵀλ + Aᵀν, [batch, L].
    /// </summary>
    public Tensor SharesInStationarity(Tensor p, Tensor z, Tensor nu, Tensor lambda)
    {
        long m = _problem.Inequalities, n = _problem.Variables;
        Tensor terms = p.abs().Plus(Apply(Q.abs(), z.abs()));
        terms = A is null ? terms : AddTransposedProduct(terms, A.abs(), nu.abs(), 1);
        terms = _g is null ? terms : AddTransposedProduct(terms, _g.abs(), General(lambda), 1);
        terms = _problem.Lower is null ? terms : terms.Plus(lambda.narrow(1, m, n));
        terms = _problem.Upper is null ? terms : terms.Plus(lambda.narrow(1, lambda.shape[1] - n, n));
        Tensor inverse = terms.clamp_(min: SmallestTerm.Held()).reciprocal_();
        Tensor general = _g is null ? z.narrow(1, 0, 0) : (_g.abs() * inverse.unsqueeze(1)).amax([-1]);
        return Stack(general, inverse, inverse) * lambda;
    }

    /// <summary>sum + scale (Cᵀ y + Aᵀ ν), [batch, n]; without ν where it is null.</summary>
    public Tensor AddTransposed(Tensor sum, Tensor y, Tensor? nu, float scale = 1)
    {
        long m = _problem.Inequalities, n = _problem.Variables;
        if (_g is not null)
        {
            sum = AddTransposedProduct(sum, _g, General(y), scale);
        }

        if (_problem.Lower is not null)
        {
            sum = sum.add(y.narrow(1, m, n), (-scale).Held());
        }

        if (_problem.Upper is not null)
        {
            sum = sum.add(y.narrow(1, y.shape[1] - n, n), scale.Held());
        }

        return A is null || nu is null ? sum : AddTransposedProduct(sum, A, nu, scale);
    }

    /// <summary>κ Q + AᵀA + ρI for κ [rows, 1], or 1 where that is null: [n, n], [1, n, n] or [rows, n, n].</summary>
    public Tensor Objective(Tensor? curvature, double regularisation)
    {
        Tensor objective = curvature is null ? QAugmented.clone() : QAugmented.addcmul(Q, (curvature - 1.Held()).unsqueeze(2), 1.Held());
        objective.diagonal(0, -2, -1).PlusInPlace(regularisation.Held());
        return objective;
    }

    /// <summary>An <see cref="Objective"/> + Cᵀ diag(w) C for weights [rows, L], [rows, n, n].</summary>
    public Tensor Hessian(Tensor objective, Tensor w)
    {
        long m = _problem.Inequalities, n = _problem.Variables, rows = w.shape[0];
        Tensor h = _g is null
            ? objective.expand(rows, n, n).clone()
            : AddBatchedProduct(objective.expand(rows, n, n), _g.transpose(-1, -2).expand(rows, n, m), _g * General(w).unsqueeze(2), 1);
        if (_problem.Lower is not null)
        {
            h.diagonal(0, 1, 2).PlusInPlace(w.narrow(1, m, n));
        }

        if (_problem.Upper is not null)
        {
            h.diagonal(0, 1, 2).PlusInPlace(w.narrow(1, w.shape[1] - n, n));
        }

        return h;
    }

    /// <summary>
    /// L⁻¹ of matrices L Lᵀ, [rows, order, order] with an order of n or k. NaN or garbage in rows that are not positive definite, which then do not converge.
    /// </summary>
    public Tensor InverseFactor(Tensor matrices)
    {
        long order = matrices.shape[^1];
        Tensor factor = linalg.cholesky_ex(matrices).Item1;
        return linalg.solve_triangular(factor, _identity.narrow(0, 0, order).narrow(1, 0, order).expand(matrices.shape), upper: false);
    }

    /// <summary>Whether Q has no negative eigenvalue beyond rounding, and all matrices are finite: [1] or [batch] Boolean. Not known where the scales were given.</summary>
    public Tensor IsConvex() => _isConvex!.logical_and(Matrices.sum([-1, -2]).isfinite()).reshape(-1);

    // Of values of constraints, those of the rows of G.
    private Tensor General(Tensor values) =>
        _problem.Lower is null && _problem.Upper is null ? values : values.narrow(1, 0, _problem.Inequalities);

    /// <summary>M x for rows x and a matrix with or without batch dimension.</summary>
    public static Tensor Apply(Tensor matrix, Tensor x) =>
        matrix.dim() == 2 ? x.mm(matrix.t()) : matrix.size(0) == 1 ? x.mm(matrix[0].t()) : matrix.bmm(x.unsqueeze(2)).squeeze(2);

    /// <summary>Mᵀ x for rows x.</summary>
    public static Tensor TransposedApply(Tensor matrix, Tensor x) =>
        matrix.dim() == 2 ? x.mm(matrix) : matrix.size(0) == 1 ? x.mm(matrix[0]) : matrix.transpose(1, 2).bmm(x.unsqueeze(2)).squeeze(2);

    public static Tensor Double(Tensor tensor) => tensor.detach().to(ScalarType.Float64);

    private static Tensor AddTransposedProduct(Tensor sum, Tensor matrix, Tensor y, float scale) => matrix.dim() == 2
        ? sum.addmm(y, matrix, 1, scale)
        : AddBatchedProduct(sum.unsqueeze(2), matrix.transpose(1, 2), y.unsqueeze(2), scale).squeeze(2);

    // TorchSharp hands the three tensors on in the order product, product, sum.
    private static Tensor AddBatchedProduct(Tensor sum, Tensor left, Tensor right, float scale) => left.baddbmm(right, sum, 1, scale);

    private static Tensor Rows(Tensor scale) => scale.dim() > 1 ? scale : scale.unsqueeze(0);

    // The symmetric part of Q, then G and A, [n + m + k, n] or [batch, n + m + k, n].
    private static Tensor StackMatrices(QuadraticProblem problem)
    {
        long n = problem.Variables;
        Tensor q = problem.Q is null ? zeros(n, n, ScalarType.Float64, problem.P.device) : Double(problem.Q);
        Tensor[] matrices = [.. new[] { q.Plus(q.transpose(-1, -2)).mul_(0.5.Held()), problem.G, problem.A }.OfType<Tensor>().Select(Double)];
        return problem.SharesMatrices ? cat(matrices, 0) : cat([.. matrices.Select(matrix => matrix.expand(problem.BatchSize, matrix.shape[^2], n))], 1);
    }
}
