// SPDX-License-Identifier: Apache-2.0

/**
 * The fields of the original's internal types, in the order of their structs: validation prints values in this form.
 * `Name=jsonName code`, the JSON name left out where it is the name with a small first letter; codes: none text, n number,
 * b boolean, q quantity, * pointer, l list of scalars, m map, otherwise a type of this table, `[Type` a list of them and
 * `*Type` a pointer to one.
 */
export const INTERNAL_TYPES: Readonly<Record<string, string>> = {
  AWSElasticBlockStoreVolumeSource: "VolumeID, FSType=fsType, Partition n, ReadOnly b",
  Affinity: "NodeAffinity *NodeAffinity, PodAffinity *PodAffinity, PodAntiAffinity *PodAntiAffinity",
  AppArmorProfile: "Type, LocalhostProfile *",
  AzureDiskVolumeSource: "DiskName, DataDiskURI=diskURI, CachingMode *, FSType=fsType *, ReadOnly *, Kind *",
  AzureFilePersistentVolumeSource: "SecretName, ShareName, ReadOnly b, SecretNamespace *",
  AzureFileVolumeSource: "SecretName, ShareName, ReadOnly b",
  CELDeviceSelector: "Expression",
  CSINodeDriver: "Name, NodeID, TopologyKeys l, Allocatable *VolumeNodeResources",
  CSIPersistentVolumeSource:
    "Driver, VolumeHandle, ReadOnly b, FSType=fsType, VolumeAttributes m, ControllerPublishSecretRef *SecretReference, NodeStageSecretRef *SecretReference, NodePublishSecretRef *SecretReference, ControllerExpandSecretRef *SecretReference, NodeExpandSecretRef *SecretReference",
  CSIVolumeSource:
    "Driver, ReadOnly *, FSType=fsType *, VolumeAttributes m, NodePublishSecretRef *LocalObjectReference",
  Capabilities: "Add l, Drop l",
  CapacityRequirements: "Requests m",
  CephFSPersistentVolumeSource: "Monitors l, Path, User, SecretFile, SecretRef *SecretReference, ReadOnly b",
  CephFSVolumeSource: "Monitors l, Path, User, SecretFile, SecretRef *LocalObjectReference, ReadOnly b",
  CertificateSigningRequestCondition: "Type, Status, Reason, Message, LastUpdateTime *, LastTransitionTime *",
  CinderPersistentVolumeSource: "VolumeID, FSType=fsType, ReadOnly b, SecretRef *SecretReference",
  CinderVolumeSource: "VolumeID, FSType=fsType, ReadOnly b, SecretRef *LocalObjectReference",
  ClusterTrustBundleProjection: "Name *, SignerName *, LabelSelector *, Optional *, Path",
  ConfigMapEnvSource: "Name, Optional *",
  ConfigMapKeySelector: "Name, Key, Optional *",
  ConfigMapProjection: "Name, Items [KeyToPath, Optional *",
  ConfigMapVolumeSource: "Name, Items [KeyToPath, DefaultMode *, Optional *",
  Container:
    "Name, Image, Command l, Args l, WorkingDir, Ports [ContainerPort, EnvFrom [EnvFromSource, Env [EnvVar, Resources ResourceRequirements, ResizePolicy [ContainerResizePolicy, RestartPolicy *, RestartPolicyRules [ContainerRestartRule, VolumeMounts [VolumeMount, VolumeDevices [VolumeDevice, LivenessProbe *Probe, ReadinessProbe *Probe, StartupProbe *Probe, Lifecycle *Lifecycle, TerminationMessagePath, TerminationMessagePolicy, ImagePullPolicy, SecurityContext *SecurityContext, Stdin b, StdinOnce b, TTY=tty b",
  ContainerPort: "Name, HostPort n, ContainerPort n, Protocol, HostIP",
  ContainerResizePolicy: "ResourceName, RestartPolicy",
  ContainerRestartRule: "Action, ExitCodes *ContainerRestartRuleOnExitCodes",
  ContainerRestartRuleOnExitCodes: "Operator, Values l",
  DaemonSetUpdateStrategy: "Type, RollingUpdate *RollingUpdateDaemonSet",
  DeploymentStrategy: "Type, RollingUpdate *RollingUpdateDeployment",
  DeviceClaim: "Requests [DeviceRequest, Constraints [DeviceConstraint, Config [DeviceClaimConfiguration",
  DeviceClaimConfiguration: "Requests l, Opaque *OpaqueDeviceConfiguration",
  DeviceConstraint: "Requests l, MatchAttribute *, DistinctAttribute *",
  DeviceRequest: "Name, Exactly *ExactDeviceRequest, FirstAvailable [DeviceSubRequest",
  DeviceSelector: "CEL=cel *CELDeviceSelector",
  DeviceSubRequest:
    "Name, DeviceClassName, Selectors [DeviceSelector, AllocationMode, Count n, Tolerations [DeviceToleration, Capacity *CapacityRequirements",
  DeviceToleration: "Key, Operator, Value, Effect, TolerationSeconds *",
  DownwardAPIProjection: "Items [DownwardAPIVolumeFile",
  DownwardAPIVolumeFile: "Path, FieldRef *ObjectFieldSelector, ResourceFieldRef *ResourceFieldSelector, Mode *",
  DownwardAPIVolumeSource: "Items [DownwardAPIVolumeFile, DefaultMode *",
  EmptyDirVolumeSource: "Medium, SizeLimit *",
  EnvFromSource: "Prefix, ConfigMapRef *ConfigMapEnvSource, SecretRef *SecretEnvSource",
  EnvVar: "Name, Value, ValueFrom *EnvVarSource",
  EnvVarSource:
    "FieldRef *ObjectFieldSelector, ResourceFieldRef *ResourceFieldSelector, ConfigMapKeyRef *ConfigMapKeySelector, SecretKeyRef *SecretKeySelector, FileKeyRef *FileKeySelector",
  EphemeralContainer:
    "Name, Image, Command l, Args l, WorkingDir, Ports [ContainerPort, EnvFrom [EnvFromSource, Env [EnvVar, Resources ResourceRequirements, ResizePolicy [ContainerResizePolicy, RestartPolicy *, RestartPolicyRules [ContainerRestartRule, VolumeMounts [VolumeMount, VolumeDevices [VolumeDevice, LivenessProbe *Probe, ReadinessProbe *Probe, StartupProbe *Probe, Lifecycle *Lifecycle, TerminationMessagePath, TerminationMessagePolicy, ImagePullPolicy, SecurityContext *SecurityContext, Stdin b, StdinOnce b, TTY=tty b, TargetContainerName",
  EphemeralVolumeSource: "VolumeClaimTemplate *PersistentVolumeClaimTemplate",
  ExactDeviceRequest:
    "DeviceClassName, Selectors [DeviceSelector, AllocationMode, Count n, AdminAccess *, Tolerations [DeviceToleration, Capacity *CapacityRequirements",
  ExecAction: "Command l",
  ExemptPriorityLevelConfiguration: "NominalConcurrencyShares *, LendablePercent *",
  FCVolumeSource: "TargetWWNs l, Lun *, FSType=fsType, ReadOnly b, WWIDs=wwids l",
  FileKeySelector: "VolumeName, Path, Key, Optional *",
  FlexPersistentVolumeSource: "Driver, FSType=fsType, SecretRef *SecretReference, ReadOnly b, Options m",
  FlexVolumeSource: "Driver, FSType=fsType, SecretRef *LocalObjectReference, ReadOnly b, Options m",
  FlockerVolumeSource: "DatasetName, DatasetUUID",
  FlowDistinguisherMethod: "Type",
  FlowSchemaSpec:
    "PriorityLevelConfiguration PriorityLevelConfigurationReference, MatchingPrecedence n, DistinguisherMethod *FlowDistinguisherMethod, Rules [PolicyRulesWithSubjects",
  FlowSubject: "Kind, User *UserSubject, Group *GroupSubject, ServiceAccount *ServiceAccountSubject",
  GCEPersistentDiskVolumeSource: "PDName=pdName, FSType=fsType, Partition n, ReadOnly b",
  GRPCAction: "Port n, Service *",
  GitRepoVolumeSource: "Repository, Revision, Directory",
  GlusterfsPersistentVolumeSource: "EndpointsName=endpoints, Path, ReadOnly b, EndpointsNamespace *",
  GlusterfsVolumeSource: "EndpointsName=endpoints, Path, ReadOnly b",
  GroupSubject: "Name",
  HPAScalingPolicy: "Type, Value n, PeriodSeconds n",
  HPAScalingRules: "StabilizationWindowSeconds *, SelectPolicy *, Policies [HPAScalingPolicy, Tolerance *",
  HTTPGetAction: "Path, Port n, Host, Scheme, HTTPHeaders=httpHeaders [HTTPHeader",
  HTTPHeader: "Name, Value",
  HorizontalPodAutoscalerBehavior: "ScaleUp *HPAScalingRules, ScaleDown *HPAScalingRules",
  HostAlias: "IP=ip, Hostnames l",
  HostIP: "IP=ip",
  HostPathVolumeSource: "Path, Type *",
  ISCSIPersistentVolumeSource:
    "TargetPortal, IQN=iqn, Lun n, ISCSIInterface=iscsiInterface, FSType=fsType, ReadOnly b, Portals l, DiscoveryCHAPAuth=chapAuthDiscovery b, SessionCHAPAuth=chapAuthSession b, SecretRef *SecretReference, InitiatorName *",
  ISCSIVolumeSource:
    "TargetPortal, IQN=iqn, Lun n, ISCSIInterface=iscsiInterface, FSType=fsType, ReadOnly b, Portals l, DiscoveryCHAPAuth=chapAuthDiscovery b, SessionCHAPAuth=chapAuthSession b, SecretRef *LocalObjectReference, InitiatorName *",
  ImageVolumeSource: "Reference, PullPolicy",
  KeyToPath: "Key, Path, Mode *",
  Lifecycle: "PostStart *LifecycleHandler, PreStop *LifecycleHandler, StopSignal *",
  LifecycleHandler:
    "Exec *ExecAction, HTTPGet=httpGet *HTTPGetAction, TCPSocket=tcpSocket *TCPSocketAction, Sleep *SleepAction",
  LimitResponse: "Type, Queuing *QueuingConfiguration",
  LimitedPriorityLevelConfiguration:
    "NominalConcurrencyShares n, LimitResponse LimitResponse, LendablePercent *, BorrowingLimitPercent *",
  LocalObjectReference: "Name",
  LocalVolumeSource: "Path, FSType=fsType *",
  NFSVolumeSource: "Server, Path, ReadOnly b",
  NodeAddress: "Type, Address",
  NodeAffinity:
    "RequiredDuringSchedulingIgnoredDuringExecution *NodeSelector, PreferredDuringSchedulingIgnoredDuringExecution [PreferredSchedulingTerm",
  NodeSelector: "NodeSelectorTerms [NodeSelectorTerm",
  NodeSelectorRequirement: "Key, Operator, Values l",
  NodeSelectorTerm: "MatchExpressions [NodeSelectorRequirement, MatchFields [NodeSelectorRequirement",
  NonResourcePolicyRule: "Verbs l, NonResourceURLs l",
  ObjectFieldSelector: "APIVersion=apiVersion, FieldPath",
  ObjectReference: "Kind, Namespace, Name, UID=uid, APIVersion=apiVersion, ResourceVersion, FieldPath",
  OpaqueDeviceConfiguration: "Driver, Parameters *",
  ParentReference: "Group, Resource, Namespace, Name",
  PersistentVolumeClaimSpec:
    "AccessModes l, Selector *, Resources VolumeResourceRequirements, VolumeName, StorageClassName *, VolumeMode *, DataSource *TypedLocalObjectReference, DataSourceRef *TypedObjectReference, VolumeAttributesClassName *",
  PersistentVolumeClaimTemplate: "Spec PersistentVolumeClaimSpec",
  PersistentVolumeClaimVolumeSource: "ClaimName, ReadOnly b",
  PersistentVolumeSource:
    "GCEPersistentDisk=gcePersistentDisk *GCEPersistentDiskVolumeSource, AWSElasticBlockStore=awsElasticBlockStore *AWSElasticBlockStoreVolumeSource, HostPath *HostPathVolumeSource, Glusterfs *GlusterfsPersistentVolumeSource, NFS=nfs *NFSVolumeSource, RBD=rbd *RBDPersistentVolumeSource, Quobyte *QuobyteVolumeSource, ISCSI=iscsi *ISCSIPersistentVolumeSource, FlexVolume *FlexPersistentVolumeSource, Cinder *CinderPersistentVolumeSource, CephFS=cephfs *CephFSPersistentVolumeSource, FC=fc *FCVolumeSource, Flocker *FlockerVolumeSource, AzureFile *AzureFilePersistentVolumeSource, VsphereVolume *VsphereVirtualDiskVolumeSource, AzureDisk *AzureDiskVolumeSource, PhotonPersistentDisk *PhotonPersistentDiskVolumeSource, PortworxVolume *PortworxVolumeSource, ScaleIO *ScaleIOPersistentVolumeSource, Local *LocalVolumeSource, StorageOS=storageos *StorageOSPersistentVolumeSource, CSI=csi *CSIPersistentVolumeSource",
  PersistentVolumeSpec:
    "Capacity m, GCEPersistentDisk=gcePersistentDisk *GCEPersistentDiskVolumeSource, AWSElasticBlockStore=awsElasticBlockStore *AWSElasticBlockStoreVolumeSource, HostPath *HostPathVolumeSource, Glusterfs *GlusterfsPersistentVolumeSource, NFS=nfs *NFSVolumeSource, RBD=rbd *RBDPersistentVolumeSource, Quobyte *QuobyteVolumeSource, ISCSI=iscsi *ISCSIPersistentVolumeSource, FlexVolume *FlexPersistentVolumeSource, Cinder *CinderPersistentVolumeSource, CephFS=cephfs *CephFSPersistentVolumeSource, FC=fc *FCVolumeSource, Flocker *FlockerVolumeSource, AzureFile *AzureFilePersistentVolumeSource, VsphereVolume *VsphereVirtualDiskVolumeSource, AzureDisk *AzureDiskVolumeSource, PhotonPersistentDisk *PhotonPersistentDiskVolumeSource, PortworxVolume *PortworxVolumeSource, ScaleIO *ScaleIOPersistentVolumeSource, Local *LocalVolumeSource, StorageOS=storageos *StorageOSPersistentVolumeSource, CSI=csi *CSIPersistentVolumeSource, AccessModes l, ClaimRef *ObjectReference, PersistentVolumeReclaimPolicy, StorageClassName, MountOptions l, VolumeMode *, NodeAffinity *VolumeNodeAffinity, VolumeAttributesClassName *",
  PhotonPersistentDiskVolumeSource: "PdID, FSType=fsType",
  PodAffinity:
    "RequiredDuringSchedulingIgnoredDuringExecution [PodAffinityTerm, PreferredDuringSchedulingIgnoredDuringExecution [WeightedPodAffinityTerm",
  PodAffinityTerm:
    "LabelSelector *, Namespaces l, TopologyKey, NamespaceSelector *, MatchLabelKeys l, MismatchLabelKeys l",
  PodAntiAffinity:
    "RequiredDuringSchedulingIgnoredDuringExecution [PodAffinityTerm, PreferredDuringSchedulingIgnoredDuringExecution [WeightedPodAffinityTerm",
  PodCertificateProjection:
    "SignerName, KeyType, MaxExpirationSeconds *, CredentialBundlePath, KeyPath, CertificateChainPath, UserAnnotations m",
  PodDNSConfig: "Nameservers l, Searches l, Options [PodDNSConfigOption",
  PodDNSConfigOption: "Name, Value *",
  PodDisruptionBudgetSpec: "MinAvailable *, Selector *, MaxUnavailable *, UnhealthyPodEvictionPolicy *",
  PodFailurePolicy: "Rules [PodFailurePolicyRule",
  PodFailurePolicyOnExitCodesRequirement: "ContainerName *, Operator, Values l",
  PodFailurePolicyOnPodConditionsPattern: "Type, Status",
  PodFailurePolicyRule:
    "Action, OnExitCodes *PodFailurePolicyOnExitCodesRequirement, OnPodConditions [PodFailurePolicyOnPodConditionsPattern",
  PodIP: "IP=ip",
  PodOS: "Name",
  PodReadinessGate: "ConditionType",
  PodResourceClaim: "Name, ResourceClaimName *, ResourceClaimTemplateName *",
  PodSchedulingGate: "Name",
  PodSecurityContext:
    "HostNetwork b, HostPID b, HostIPC b, ShareProcessNamespace *, HostUsers *, SELinuxOptions=seLinuxOptions *SELinuxOptions, WindowsOptions *WindowsSecurityContextOptions, RunAsUser *, RunAsGroup *, RunAsNonRoot *, SupplementalGroups l, SupplementalGroupsPolicy *, FSGroup=fsGroup *, FSGroupChangePolicy=fsGroupChangePolicy *, Sysctls [Sysctl, SeccompProfile *SeccompProfile, AppArmorProfile *AppArmorProfile, SELinuxChangePolicy=seLinuxChangePolicy *",
  PodSpec:
    "Volumes [Volume, InitContainers [Container, Containers [Container, EphemeralContainers [EphemeralContainer, RestartPolicy, TerminationGracePeriodSeconds *, ActiveDeadlineSeconds *, DNSPolicy=dnsPolicy, NodeSelector m, ServiceAccountName, AutomountServiceAccountToken *, NodeName, SecurityContext *PodSecurityContext, ImagePullSecrets [LocalObjectReference, Hostname, Subdomain, SetHostnameAsFQDN *, Affinity *Affinity, SchedulerName, Tolerations [Toleration, HostAliases [HostAlias, PriorityClassName, Priority *, PreemptionPolicy *, DNSConfig=dnsConfig *PodDNSConfig, ReadinessGates [PodReadinessGate, RuntimeClassName *, Overhead m, EnableServiceLinks *, TopologySpreadConstraints [TopologySpreadConstraint, OS=os *PodOS, SchedulingGates [PodSchedulingGate, ResourceClaims [PodResourceClaim, Resources *ResourceRequirements, HostnameOverride *, WorkloadRef *WorkloadReference",
  PolicyRulesWithSubjects:
    "Subjects [FlowSubject, ResourceRules [ResourcePolicyRule, NonResourceRules [NonResourcePolicyRule",
  PortworxVolumeSource: "VolumeID, FSType=fsType, ReadOnly b",
  PreferredSchedulingTerm: "Weight n, Preference NodeSelectorTerm",
  PriorityLevelConfigurationReference: "Name",
  PriorityLevelConfigurationSpec:
    "Type, Limited *LimitedPriorityLevelConfiguration, Exempt *ExemptPriorityLevelConfiguration",
  Probe:
    "Exec *ExecAction, HTTPGet=httpGet *HTTPGetAction, TCPSocket=tcpSocket *TCPSocketAction, GRPC=grpc *GRPCAction, InitialDelaySeconds n, TimeoutSeconds n, PeriodSeconds n, SuccessThreshold n, FailureThreshold n, TerminationGracePeriodSeconds *",
  ProjectedVolumeSource: "Sources [VolumeProjection, DefaultMode *",
  QueuingConfiguration: "Queues n, HandSize n, QueueLengthLimit n",
  QuobyteVolumeSource: "Registry, Volume, ReadOnly b, User, Group, Tenant",
  RBDPersistentVolumeSource:
    "CephMonitors=monitors l, RBDImage=image, FSType=fsType, RBDPool=pool, RadosUser=user, Keyring, SecretRef *SecretReference, ReadOnly b",
  RBDVolumeSource:
    "CephMonitors=monitors l, RBDImage=image, FSType=fsType, RBDPool=pool, RadosUser=user, Keyring, SecretRef *LocalObjectReference, ReadOnly b",
  ResourceClaim: "Name, Request",
  ResourceClaimSpec: "Devices DeviceClaim",
  ResourceFieldSelector: "ContainerName, Resource, Divisor q",
  ResourcePolicyRule: "Verbs l, APIGroups=apiGroups l, Resources l, ClusterScope b, Namespaces l",
  ResourceRequirements: "Limits m, Requests m, Claims [ResourceClaim",
  RoleRef: "APIGroup=apiGroup, Kind, Name",
  RollingUpdateDaemonSet: "MaxUnavailable n, MaxSurge n",
  RollingUpdateDeployment: "MaxUnavailable n, MaxSurge n",
  RollingUpdateStatefulSetStrategy: "Partition n, MaxUnavailable *",
  SELinuxOptions: "User, Role, Type, Level",
  ScaleIOPersistentVolumeSource:
    "Gateway, System, SecretRef *SecretReference, SSLEnabled=sslEnabled b, ProtectionDomain, StoragePool, StorageMode, VolumeName, FSType=fsType, ReadOnly b",
  ScaleIOVolumeSource:
    "Gateway, System, SecretRef *LocalObjectReference, SSLEnabled=sslEnabled b, ProtectionDomain, StoragePool, StorageMode, VolumeName, FSType=fsType, ReadOnly b",
  ScopeSelector: "MatchExpressions [ScopedResourceSelectorRequirement",
  ScopedResourceSelectorRequirement: "ScopeName, Operator, Values l",
  SeccompProfile: "Type, LocalhostProfile *",
  SecretEnvSource: "Name, Optional *",
  SecretKeySelector: "Name, Key, Optional *",
  SecretProjection: "Name, Items [KeyToPath, Optional *",
  SecretReference: "Name, Namespace",
  SecretVolumeSource: "SecretName, Items [KeyToPath, DefaultMode *, Optional *",
  SecurityContext:
    "Capabilities *Capabilities, Privileged *, SELinuxOptions=seLinuxOptions *SELinuxOptions, WindowsOptions *WindowsSecurityContextOptions, RunAsUser *, RunAsGroup *, RunAsNonRoot *, ReadOnlyRootFilesystem *, AllowPrivilegeEscalation *, ProcMount *, SeccompProfile *SeccompProfile, AppArmorProfile *AppArmorProfile",
  ServiceAccountSubject: "Namespace, Name",
  ServiceAccountTokenProjection: "Audience, ExpirationSeconds *, Path",
  ServiceCIDRSpec: "CIDRs=cidrs l",
  ServicePort: "Name, Protocol, AppProtocol *, Port n, TargetPort n, NodePort n",
  SleepAction: "Seconds n",
  StatefulSetUpdateStrategy: "Type, RollingUpdate *RollingUpdateStatefulSetStrategy",
  StorageOSPersistentVolumeSource: "VolumeName, VolumeNamespace, FSType=fsType, ReadOnly b, SecretRef *ObjectReference",
  StorageOSVolumeSource: "VolumeName, VolumeNamespace, FSType=fsType, ReadOnly b, SecretRef *LocalObjectReference",
  SuccessPolicy: "Rules [SuccessPolicyRule",
  SuccessPolicyRule: "SucceededIndexes *, SucceededCount *",
  Sysctl: "Name, Value",
  TCPSocketAction: "Port n, Host",
  Taint: "Key, Value, Effect, TimeAdded *",
  Toleration: "Key, Operator, Value, Effect, TolerationSeconds *",
  TopologySpreadConstraint:
    "MaxSkew n, TopologyKey, WhenUnsatisfiable, LabelSelector *, MinDomains *, NodeAffinityPolicy *, NodeTaintsPolicy *, MatchLabelKeys l",
  TypedLocalObjectReference: "APIGroup=apiGroup *, Kind, Name",
  TypedObjectReference: "APIGroup=apiGroup *, Kind, Name, Namespace *",
  UncountedTerminatedPods: "Succeeded l, Failed l",
  UserSubject: "Name",
  Volume:
    "Name, HostPath *HostPathVolumeSource, EmptyDir *EmptyDirVolumeSource, GCEPersistentDisk=gcePersistentDisk *GCEPersistentDiskVolumeSource, AWSElasticBlockStore=awsElasticBlockStore *AWSElasticBlockStoreVolumeSource, GitRepo *GitRepoVolumeSource, Secret *SecretVolumeSource, NFS=nfs *NFSVolumeSource, ISCSI=iscsi *ISCSIVolumeSource, Glusterfs *GlusterfsVolumeSource, PersistentVolumeClaim *PersistentVolumeClaimVolumeSource, RBD=rbd *RBDVolumeSource, Quobyte *QuobyteVolumeSource, FlexVolume *FlexVolumeSource, Cinder *CinderVolumeSource, CephFS=cephfs *CephFSVolumeSource, Flocker *FlockerVolumeSource, DownwardAPI *DownwardAPIVolumeSource, FC=fc *FCVolumeSource, AzureFile *AzureFileVolumeSource, ConfigMap *ConfigMapVolumeSource, VsphereVolume *VsphereVirtualDiskVolumeSource, AzureDisk *AzureDiskVolumeSource, PhotonPersistentDisk *PhotonPersistentDiskVolumeSource, Projected *ProjectedVolumeSource, PortworxVolume *PortworxVolumeSource, ScaleIO *ScaleIOVolumeSource, StorageOS=storageos *StorageOSVolumeSource, CSI=csi *CSIVolumeSource, Ephemeral *EphemeralVolumeSource, Image *ImageVolumeSource",
  VolumeAttachmentSource: "PersistentVolumeName *, InlineVolumeSpec *PersistentVolumeSpec",
  VolumeAttachmentSpec: "Attacher, Source VolumeAttachmentSource, NodeName",
  VolumeDevice: "Name, DevicePath",
  VolumeMount: "Name, ReadOnly b, RecursiveReadOnly *, MountPath, SubPath, MountPropagation *, SubPathExpr",
  VolumeNodeAffinity: "Required *NodeSelector",
  VolumeNodeResources: "Count *",
  VolumeProjection:
    "Secret *SecretProjection, DownwardAPI *DownwardAPIProjection, ConfigMap *ConfigMapProjection, ServiceAccountToken *ServiceAccountTokenProjection, ClusterTrustBundle *ClusterTrustBundleProjection, PodCertificate *PodCertificateProjection",
  VolumeResourceRequirements: "Limits m, Requests m",
  VsphereVirtualDiskVolumeSource: "VolumePath, FSType=fsType, StoragePolicyName, StoragePolicyID",
  WeightedPodAffinityTerm: "Weight n, PodAffinityTerm PodAffinityTerm",
  WindowsSecurityContextOptions:
    "GMSACredentialSpecName=gmsaCredentialSpecName *, GMSACredentialSpec=gmsaCredentialSpec *, RunAsUserName *, HostProcess *",
  WorkloadReference: "Name, PodGroup, PodGroupReplicaKey",
};
