namespace Microsoft.ML.Implicit.Training;

/// <summary>Marks an option that may differ between a training and the one that goes on from its check point.</summary>
[AttributeUsage(AttributeTargets.Field)]
internal sealed class LeavesModelUnchangedAttribute : Attribute;
