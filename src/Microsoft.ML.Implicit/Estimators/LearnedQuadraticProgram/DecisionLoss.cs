namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a learned quadratic program is trained to do.</summary>
public enum DecisionLoss
{
    /// <summary>
    /// Come close to given decisions: squared error of the solution, differentiated through the optimality conditions
    /// (Amos and Kolter, "OptNet", 2017). The label is the decision; Q must be given.
    /// </summary>
    Imitation,

    /// <summary>
    /// Decide well at realised costs, by the convex surrogate SPO+ of the decision's regret (Elmachtoub and Grigas,
    /// "Smart Predict, then Optimize", 2022). The label is the realised p.
    /// </summary>
    SpoPlus,

    /// <summary>
    /// Decide well at realised costs: the regret itself, differentiated through the solution of a problem with a little
    /// curvature added (Wilder, Dilkina and Tambe, 2019). The label is the realised p.
    /// </summary>
    Regret,

    /// <summary>Predict p: squared error to realised costs, blind to what is decided with them. The label is the realised p.</summary>
    CostError,
}
