namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Which penalties <c>TuneRegularization</c> tunes.</summary>
public enum PenaltySharing
{
    /// <summary>One a feature of a linear model, and one a layer of a network.</summary>
    Each,

    /// <summary>One for all.</summary>
    One,

    /// <summary>None: they stay as the trainer's options have them.</summary>
    Fixed,

    /// <summary>
    /// One a feature: of a linear model, and of a dense network, whose first weights belong to single features, beside one for each other layer.
    /// </summary>
    EachFeature,
}
